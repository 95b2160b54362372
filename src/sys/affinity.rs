//! Where and how urgently a thread runs.

/// What `ZMQ_THREAD_*` context options ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// `SCHED_*` policy, -1 or `None` for the system's default.
    pub policy: Option<i32>,
    /// Priority of that policy, or a nice value for `SCHED_OTHER`.
    pub priority: Option<i32>,
    /// Processors to stay on; empty for all.
    pub cpus: Vec<usize>,
}

/// Applies `schedule` to the calling thread, as far as the system allows.
pub fn apply(schedule: &Schedule) {
    // SAFETY: plain calls on the calling thread; the structures are initialised before use.
    unsafe {
        if schedule.policy.is_some() || schedule.priority.is_some() {
            let mut policy = 0;
            let mut param: libc::sched_param = std::mem::zeroed();
            let this = libc::pthread_self();
            if libc::pthread_getschedparam(this, &raw mut policy, &raw mut param) == 0 {
                policy = schedule.policy.unwrap_or(policy);
                let realtime = policy == libc::SCHED_FIFO || policy == libc::SCHED_RR;
                param.sched_priority = match schedule.priority {
                    Some(priority) if realtime => priority,
                    _ if realtime => libc::sched_get_priority_min(policy),
                    _ => 0,
                };
                // EPERM: the process may not; it runs at the default then, as libzmq's does.
                libc::pthread_setschedparam(this, policy, &raw const param);
                if let Some(nice) = schedule.priority
                    && !realtime
                    && nice > 0
                {
                    libc::nice(-nice);
                }
            }
        }
        if !schedule.cpus.is_empty() {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            for &cpu in schedule.cpus.iter().filter(|&&cpu| cpu < libc::CPU_SETSIZE as usize) {
                libc::CPU_SET(cpu, &mut set);
            }
            libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set);
        }
    }
}

/// Processors that the calling thread may run on.
pub fn allowed_cpus() -> usize {
    // SAFETY: the set is initialised by zeroing, the kernel fills it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) != 0 {
            return 1;
        }
        libc::CPU_COUNT(&set).max(1) as usize
    }
}

/// The processor that the calling thread is on, which may be another one at any moment; -1 if that
/// cannot be told.
pub fn processor() -> i32 {
    // SAFETY: takes nothing.
    unsafe { libc::sched_getcpu() }
}
