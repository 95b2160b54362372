//! When a message leaves: at once if it is alone, with others if it is part of a burst, and by whom.
//!
//! A lone message leaves at once; of a burst, messages wait for each other, up to a number, a size
//! and a time. What is a burst is told by the pace of the whole socket: sending to many peers in
//! turn is one, sending to each at once is not. A burst over so many connections that few messages
//! meet on each is left to the I/O thread, which takes a while to come round to all of them; and so is
//! a message to so many at once, which would keep its sender for as long.
//!
//! Thread: under the socket's lock. Invariants: no clock is read but the one that is passed in.
//! Counterpart: none; libzmq 4.3.5 writes whatever its I/O thread finds when it comes by.

use std::time::Duration;

use crate::msg::Msg;
use crate::sys::clock::{self, Ticks};

/// A flush at the latest after so many messages of a burst,
const BURST_MESSAGES: u64 = 1000;
/// or where the high-water mark is reached, so that a caller does not meet it with a rest in its hands,
/// but not before so many: the step in which credit returns at the default mark,
const STEP_MESSAGES: u64 = 500;
/// so many bytes, about what the kernel takes fastest,
const BURST_BYTES: u64 = 48 << 10;
/// or so long.
const BURST_SPAN: Duration = Duration::from_micros(40);
/// A burst lasts so many times as long as a flush takes, for each connection that has one: flushes that
/// no number or size of messages asks for take up to a ninth of the caller's time. Where few messages
/// meet meanwhile, the I/O thread sends them.
const SPANS: u64 = 8;
/// What a flush is taken to last before one was made, and at most: who is kept from the processor
/// meanwhile is not kept by the flush.
const FLUSH: Duration = Duration::from_micros(3);
const LONGEST_FLUSH: Duration = Duration::from_micros(50);
/// A flush counts for one part in so many of what flushes last.
const FLUSHES: u64 = 8;
/// A message that comes so long after the socket's last flush begins no burst.
const PAUSE: Duration = Duration::from_micros(15);
/// Messages of a burst between two looks at the clock.
const CLOCK_EVERY: u64 = 16;
/// After a pause so many flushes are made at once before messages are taken for a burst: two
/// messages back to back, and then nothing, must not make the second one wait.
const PROMPT: u32 = 2;
/// Who has sent one message between two waits so many times in a row takes turns with its peer: without
/// that, each message would be a burst of one, for whose rest the I/O thread wakes up. Not sooner, as
/// of several requests that are under way one may be answered alone.
const TURNS: u32 = 16;
/// A burst over more connections than this is the I/O thread's: the caller would write a message or
/// two at a time, each of which takes as long as filling the next fifty.
pub(super) const MANY: usize = 32;
/// A message that leaves at once for more connections than these is the I/O thread's: waking it takes as long as
/// so many writes, which would keep the caller.
pub(super) const AT_ONCE: usize = 8;

/// How fast a socket's messages come, whatever pipes they go to.
#[derive(Debug)]
pub struct Pace {
    /// When the last flush from the socket's side ended.
    pub(super) flushed_at: Ticks,
    /// When the clock was last looked at for a message.
    written_at: Ticks,
    /// Bursts begun, whatever pipes they are of.
    begun: u32,
    /// Connections with bursts, as the owner counts them.
    pub waiting: usize,
    /// Connections that the present call writes to, as the owner counts them.
    pub reach: usize,
    /// Prompt flushes left.
    prompt: u32,
    /// Messages sent since the caller waited.
    sent: u64,
    /// Waits in a row, with one message between each and the one before.
    turns: u32,
    /// How long a flush takes, ticks.
    flush: u64,
    /// [`BURST_SPAN`], [`LONGEST_FLUSH`] and [`PAUSE`] in ticks.
    least_span: u64,
    longest_flush: u64,
    pause: u64,
    /// Bodies that went out and whose drop runs a user's function: to be dropped when the socket's
    /// lock is released.
    pub spent: Vec<Msg>,
}

impl Default for Pace {
    fn default() -> Self {
        Self::new(clock::ticks_in)
    }
}

impl Pace {
    fn new(ticks_in: impl Fn(Duration) -> u64) -> Self {
        Self {
            flushed_at: Ticks::from_raw(0),
            written_at: Ticks::from_raw(0),
            begun: 0,
            waiting: 0,
            reach: 1,
            prompt: PROMPT,
            sent: 0,
            turns: 0,
            least_span: ticks_in(BURST_SPAN),
            flush: ticks_in(FLUSH),
            longest_flush: ticks_in(LONGEST_FLUSH),
            pause: ticks_in(PAUSE),
            spent: Vec::new(),
        }
    }

    /// The socket had to wait for input: what it sends next is an answer, and no part of a burst.
    pub fn calm_down(&mut self) {
        self.prompt = PROMPT;
    }

    /// The caller is going to wait. If it has sent one message since it last did, again and again, then
    /// its messages are requests or answers, and no bursts.
    pub fn wait(&mut self) {
        match self.sent {
            0 => return,
            1 => self.turns = self.turns.saturating_add(1),
            _ => self.turns = 0,
        }
        self.sent = 0;
    }

    /// The caller waited for room, be it for long: what it sends next goes on with its burst.
    pub fn go_on(&mut self, now: Ticks) {
        self.flushed_at = now;
    }

    /// How long a message of a burst may wait for others.
    fn span(&self) -> u64 {
        self.least_span.max(SPANS * self.flush * self.waiting.min(MANY) as u64)
    }

    /// The caller wanted to flush, and the last flush ended then: that of another thread, if it is
    /// the one that flushes.
    pub(super) fn flushed(&mut self, began: Ticks, ended: Ticks) {
        let took = ended.since(began).min(self.longest_flush);
        if took > 0 {
            self.flush = (self.flush * (FLUSHES - 1) + took) / FLUSHES;
        }
        self.flushed_at = ended;
    }

    /// The first message of a connection behind a flush, which was at `sent_at`: is it to leave at
    /// once? `others_wait`: messages of other connections do.
    pub(super) fn is_prompt(&mut self, now: Ticks, sent_at: Ticks, others_wait: bool) -> bool {
        // Who was kept by the flushes of one message for longer than a pause would have come sooner.
        let kept = if self.reach > 1 { self.flushed_at.since(self.written_at) } else { 0 };
        let pause = self.pause.max(kept);
        // Where the I/O thread flushes, the caller's last flush was long ago without a pause.
        let has_paused = !others_wait
            && now.since(self.flushed_at.max(sent_at)) > pause
            && (self.waiting <= MANY || now.since(self.written_at) > pause);
        self.written_at = now;
        self.sent += 1;
        if has_paused {
            self.prompt = PROMPT;
            return true;
        }
        if self.turns >= TURNS && self.sent == 1 {
            return true;
        }
        let prompt = self.prompt > 0;
        self.prompt = self.prompt.saturating_sub(1);
        prompt
    }
}

/// How many messages may follow the first one of a burst, if the high-water mark leaves that `room`.
pub(super) fn may_follow(room: u64) -> u64 {
    // COMPAT: a burst is not kept from reaching a smaller mark (`test_router_mandatory_hwm`).
    room.clamp(STEP_MESSAGES - 1, BURST_MESSAGES - 1)
}

/// The messages of one connection that wait for more to come, commands among them. Places are stream
/// offsets in its pipe; numbers are those of the pipe's messages, and a command has that of the
/// message before it.
#[derive(Debug)]
pub(super) struct Burst {
    open: bool,
    /// The number of the first one.
    first: u64,
    /// The number at which to look at the clock, or to flush.
    look_at: u64,
    /// The number at which to flush.
    full: u64,
    /// Where the first one ends, and from where on there is enough to flush.
    from: u64,
    flush_at: u64,
    began: Ticks,
    /// [`Pace::begun`] then.
    begun: u32,
}

impl Default for Burst {
    fn default() -> Self {
        let began = Ticks::from_raw(0);
        Self { open: false, first: 0, look_at: 0, full: 0, from: 0, flush_at: 0, began, begun: 0 }
    }
}

impl Burst {
    /// True if messages wait.
    #[inline]
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Begins with the message of that number, which ends at `to`; so many may `follow` it.
    pub(super) fn begin(&mut self, to: u64, number: u64, follow: u64, pace: &mut Pace, now: Ticks) {
        pace.begun = pace.begun.wrapping_add(1);
        self.open = true;
        self.first = number;
        self.full = number + follow;
        self.look_at = self.full.min(number + CLOCK_EVERY - 1);
        self.from = to;
        self.flush_at = to + BURST_BYTES;
        self.began = now;
        self.begun = pace.begun;
    }

    /// True if it is time to ask [`Burst::is_enough`] about the messages up to that number, which end
    /// at `to`.
    #[inline]
    pub(super) fn is_due(&self, to: u64, number: u64) -> bool {
        number >= self.look_at || to >= self.flush_at
    }

    /// The offset at which [`Burst::is_due`] becomes true, if messages stay as long as they were.
    pub(super) fn due_at(&self, to: u64, number: u64) -> u64 {
        let Some(each) = (to - self.from).checked_div(number - self.first) else { return to + 1 };
        (to + each * self.look_at.saturating_sub(number)).clamp(to + 1, self.flush_at.max(to + 1))
    }

    /// True if the caller is to flush now the messages up to that number, which end at `to`; the I/O
    /// thread has flushed up to `sent`.
    pub(super) fn is_enough(
        &mut self,
        to: u64,
        number: u64,
        sent: u64,
        pace: &mut Pace,
        now: Ticks,
    ) -> bool {
        pace.written_at = now;
        if sent > self.from {
            // It came by: what is left began since.
            self.begin(to, number, self.full.saturating_sub(number), pace, now);
            return false;
        }
        self.look_at = (number + CLOCK_EVERY).min(self.full);
        number >= self.full
            || to >= self.flush_at
            || pace.begun.wrapping_sub(self.begun) < MANY as u32
                && now.since(self.began) > pace.span()
    }

    /// Sent up to the message of that number, if there was a burst.
    pub(super) fn end(&mut self, number: u64, pace: &mut Pace) {
        if std::mem::take(&mut self.open) {
            // The first one counted when it began.
            pace.sent += number.saturating_sub(self.first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One tick is a nanosecond.
    const PAUSE: u64 = super::PAUSE.as_nanos() as u64;
    /// What writing a message takes, and what flushing does.
    const WRITE: u64 = 100;
    const FLUSH: u64 = 5_000;

    fn pace() -> Pace {
        Pace::new(|duration| duration.as_nanos() as u64)
    }

    /// A socket with its connections; its I/O thread flushes when it is told to.
    struct Sender {
        pace: Pace,
        bursts: Vec<Burst>,
        /// Messages written and sent, for each.
        written: Vec<u64>,
        sent: Vec<u64>,
        now: u64,
        /// What the caller does before each message, and how long a flush takes.
        work: u64,
        flush: u64,
        flushes: Vec<u64>,
    }

    impl Sender {
        fn new(connections: usize) -> Self {
            Self {
                pace: pace(),
                bursts: (0..connections).map(|_| Burst::default()).collect(),
                written: vec![0; connections],
                sent: vec![0; connections],
                now: 1_000_000_000,
                work: 0,
                flush: FLUSH,
                flushes: Vec::new(),
            }
        }

        /// True: it left at once.
        fn send(&mut self, at: usize) -> bool {
            self.now += self.work + WRITE;
            let others_wait = (0..self.bursts.len()).any(|other| {
                other != at
                    && self.bursts[other].is_open()
                    && self.sent[other] < self.written[other]
            });
            self.written[at] += 1;
            let (burst, pace, now) =
                (&mut self.bursts[at], &mut self.pace, Ticks::from_raw(self.now));
            let number = self.written[at];
            let (to, sent) = (number * 64, self.sent[at] * 64);
            let flushes = if burst.is_open() {
                burst.is_due(to, number) && burst.is_enough(to, number, sent, pace, now)
            } else if pace.is_prompt(now, Ticks::from_raw(0), others_wait) {
                true
            } else {
                burst.begin(to, number, BURST_MESSAGES - 1, pace, now);
                pace.waiting = (pace.waiting + 1).min(self.sent.len());
                false
            };
            if flushes {
                burst.end(number, pace);
                self.now += self.flush;
                pace.flushed(now, Ticks::from_raw(self.now));
                self.flushes.push(self.written[at] - self.sent[at]);
                self.sent[at] = self.written[at];
            }
            flushes
        }

        fn send_in_turn(&mut self, messages: usize) {
            for message in 0..messages {
                self.send(message % self.bursts.len());
            }
        }

        /// As before the thread waits for something.
        fn flush_all(&mut self) {
            for (burst, number) in self.bursts.iter_mut().zip(&self.written) {
                burst.end(*number, &mut self.pace);
            }
            self.now += FLUSH;
            self.pace.flushed_at = Ticks::from_raw(self.now);
            self.pace.waiting = 0;
            self.pace.wait();
            self.sent.clone_from(&self.written);
        }

        fn io_thread_comes_by(&mut self) {
            self.sent.clone_from(&self.written);
        }

        fn messages_per_flush(&self) -> u64 {
            self.flushes.iter().sum::<u64>() / self.flushes.len() as u64
        }
    }

    #[test]
    fn two_messages_after_a_pause_leave_at_once() {
        for connections in [1, 8, 1000] {
            let mut sender = Sender::new(connections);
            for _ in 0..3 {
                sender.send_in_turn(3 * connections);
                sender.flush_all();
                sender.now += 2 * PAUSE;
                assert!(sender.send(0) && sender.send(0));
            }
        }
    }

    #[test]
    fn who_works_between_messages_to_several_begins_no_pause() {
        let mut sender = Sender::new(8);
        sender.work = PAUSE / 5;
        for _ in 0..1000 {
            sender.send_in_turn(40);
            sender.io_thread_comes_by();
        }
        // Two when it began, then what is full.
        let most = 3 + 40_000 / BURST_MESSAGES as usize;
        assert!(sender.flushes.len() <= most, "{}", sender.flushes.len());
        sender.now += 2 * PAUSE;
        sender.io_thread_comes_by();
        sender.bursts[0].end(0, &mut sender.pace);
        assert!(sender.send(0), "nothing waits: that was a pause");
    }

    #[test]
    fn flushes_take_a_small_part_of_the_callers_time() {
        for connections in [1, 2, 8] {
            for flush in [2_000, 10_000, 40_000] {
                let mut sender = Sender::new(connections);
                (sender.work, sender.flush) = (1_000, flush);
                sender.send_in_turn(1000);
                sender.flushes.clear();
                let began = sender.now;
                sender.send_in_turn(100_000);
                let share = sender.flushes.len() as u64 * flush * 100 / (sender.now - began);
                assert!((2..=12).contains(&share), "{connections}, {flush}: {share} %");
            }
        }
    }

    #[test]
    fn a_flush_of_the_io_thread_begins_no_pause() {
        let mut pace = pace();
        let at = |now| Ticks::from_raw(1_000_000_000 + now);
        pace.flushed_at = at(0);
        for prompt in [true, true, false] {
            assert_eq!(pace.is_prompt(at(0), at(0), false), prompt);
        }
        let sent_at = at(2 * PAUSE);
        assert!(!pace.is_prompt(at(2 * PAUSE), sent_at, false));
        assert!(pace.is_prompt(at(4 * PAUSE), sent_at, false));
    }

    #[test]
    fn who_is_kept_by_a_message_to_several_begins_no_pause() {
        let at = |now| Ticks::from_raw(1_000_000_000 + now);
        for (reach, kept) in [(1, 4 * PAUSE), (8, 4 * PAUSE), (8, PAUSE / 2)] {
            let mut pace = pace();
            pace.reach = reach;
            let (mut now, long_ago) = (0, Ticks::from_raw(0));
            for _ in 0..=PROMPT {
                assert!(pace.is_prompt(at(now), long_ago, false));
                pace.flushed_at = at(now + kept);
                now += kept;
            }
            // The caller came back as soon as it was let go and had done something of its own.
            let soon = now + 2 * PAUSE;
            assert_eq!(pace.is_prompt(at(soon), long_ago, false), reach == 1 || kept < PAUSE);
            assert!(pace.is_prompt(at(soon + 2 * (kept + PAUSE)), long_ago, false));
        }
    }

    #[test]
    fn a_wait_for_room_begins_no_pause() {
        let mut sender = Sender::new(8);
        sender.send_in_turn(1000);
        sender.flush_all();
        sender.now += 10 * PAUSE;
        sender.pace.go_on(Ticks::from_raw(sender.now));
        assert!(!sender.send(0));
    }

    /// Messages that leave at once of a thousand times so many, with a short wait behind each time.
    fn at_once(each_time: usize) -> usize {
        let mut sender = Sender::new(1);
        let mut at_once = 0;
        for _ in 0..1000 {
            at_once += (0..each_time).filter(|_| sender.send(0)).count();
            sender.flush_all();
        }
        at_once
    }

    #[test]
    fn who_takes_turns_with_the_peer_sends_at_once() {
        assert!(at_once(1) >= 1000 - TURNS as usize);
    }

    #[test]
    fn who_sends_several_each_time_makes_bursts_of_them() {
        for each_time in [2, 3, 10, 100] {
            assert!(at_once(each_time) <= 2 * PROMPT as usize, "{each_time}");
        }
    }

    #[test]
    fn burst_over_few_connections_is_flushed_by_the_caller_in_large_writes() {
        for connections in [1, 4, 16] {
            let mut sender = Sender::new(connections);
            sender.send_in_turn(100_000);
            let all = sender.flushes.iter().sum::<u64>();
            assert!(all > 90_000, "{connections}: {all}");
            let each = sender.messages_per_flush();
            assert!(each >= 50, "{connections}: {each}");
        }
    }

    #[test]
    fn burst_over_many_connections_is_left_to_the_io_thread() {
        for (connections, rounds) in [(64, 100), (1000, 100), (1000, 7)] {
            let mut sender = Sender::new(connections);
            for _ in 0..20 {
                sender.send_in_turn(rounds * connections);
                sender.io_thread_comes_by();
            }
            // The last few to notice that the I/O thread came by take themselves for alone, once.
            let most = 20 * (rounds / 8 + 1) * MANY;
            assert!(sender.flushes.len() <= most, "{connections}: {}", sender.flushes.len());
            assert!(sender.flushes.len() <= 20 * rounds * connections / 30);
        }
    }

    #[test]
    fn a_burst_of_equal_messages_hears_of_those_that_are_due_and_few_others() {
        for len in [1, 18, 66, 1026, 8194, 65_545] {
            let (mut pace, mut burst, now) = (pace(), Burst::default(), Ticks::from_raw(0));
            burst.begin(len, 1, BURST_MESSAGES - 1, &mut pace, now);
            let (mut number, mut heard, mut due_at) = (1, 0, burst.due_at(len, 1));
            loop {
                number += 1;
                let to = number * len;
                if to < due_at {
                    assert!(!burst.is_due(to, number), "{number} of {len} bytes go unheard");
                    continue;
                }
                heard += 1;
                if burst.is_due(to, number) && burst.is_enough(to, number, 0, &mut pace, now) {
                    break;
                }
                due_at = burst.due_at(to, number);
            }
            let behind_first = (number - 1) * len;
            assert!(number == BURST_MESSAGES || behind_first.abs_diff(BURST_BYTES) < len);
            assert!(heard <= 2 + number / CLOCK_EVERY, "{heard} of {number}");
        }
    }

    /// Messages of a burst of empty ones that leave with one flush.
    fn fill(mut pace: Pace, room: u64) -> u64 {
        let (mut burst, now) = (Burst::default(), Ticks::from_raw(0));
        let first = 7;
        burst.begin(2 * first, first, may_follow(room), &mut pace, now);
        let mut number = first + 1;
        while !burst.is_due(2 * number, number)
            || !burst.is_enough(2 * number, number, 0, &mut pace, now)
        {
            number += 1;
        }
        number - first + 1
    }

    #[test]
    fn a_burst_leaves_where_the_mark_is_reached_if_that_is_worth_it() {
        for (room, len) in [(0, 500), (499, 500), (700, 701), (999, 1000), (u64::MAX >> 1, 1000)] {
            assert_eq!(fill(pace(), room), len);
        }
    }

    #[test]
    fn one_that_the_io_thread_came_by_goes_no_further_than_it_would_have() {
        let (mut pace, mut burst, now) = (pace(), Burst::default(), Ticks::from_raw(0));
        burst.begin(2, 1, 99, &mut pace, now);
        assert!(!burst.is_enough(100, 50, 100, &mut pace, now));
        assert!(!burst.is_enough(198, 99, 100, &mut pace, now));
        assert!(burst.is_due(200, 100) && burst.is_enough(200, 100, 100, &mut pace, now));
    }

    #[test]
    fn one_connection_after_many_is_flushed_by_the_caller() {
        let mut sender = Sender::new(1000);
        sender.send_in_turn(10_000);
        sender.flushes.clear();
        for _ in 0..10 * BURST_MESSAGES {
            sender.send(0);
        }
        assert!(sender.flushes.len() >= 9);
    }
}
