//! Modes that are forced from outside, for tests and measurements: environment variables, read once,
//! when the first socket or connection asks.
//!
//! | variable | value | what it does |
//! | --- | --- | --- |
//! | `OXMQ_DRIVE` | `io-threads` | application threads never read or write a connection themselves |
//! | `OXMQ_SPIN` | `off` | waiting threads sleep at once |
//! | `OXMQ_MEMBARRIER` | `off` | as if the system refused `membarrier(2)` |
//! | `OXMQ_IO_THREADS` | 1 to 64 | a context that has I/O threads runs so many at least |
//!
//! Any other value is as none. No program needs these, and none can see them: options tell what
//! was set. Whoever asks keeps the answer with the object that it concerns, so a message's way
//! through the library has no branch for it.

use std::sync::OnceLock;

/// The most I/O threads that can be forced.
const MOST_IO_THREADS: i32 = 64;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modes {
    /// Application threads take part in the reading and writing of connections.
    pub application_drives: bool,
    /// A thread may look again for a moment before it sleeps.
    pub spins: bool,
    /// `membarrier(2)` is used where the system has it.
    pub membarrier: bool,
    /// I/O threads that a context has at least, if it has any.
    pub least_io_threads: i32,
}

impl Modes {
    /// The ones of this process.
    pub fn current() -> Self {
        static CURRENT: OnceLock<Modes> = OnceLock::new();
        *CURRENT.get_or_init(|| Self::read(|name| std::env::var(name).ok()))
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let is = |name, value| variable(name).is_some_and(|found| found == value);
        let least = variable("OXMQ_IO_THREADS").and_then(|value| value.parse().ok());
        Self {
            application_drives: !is("OXMQ_DRIVE", "io-threads"),
            spins: !is("OXMQ_SPIN", "off"),
            membarrier: !is("OXMQ_MEMBARRIER", "off"),
            least_io_threads: least.filter(|n| (1..=MOST_IO_THREADS).contains(n)).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Modes =
        Modes { application_drives: true, spins: true, membarrier: true, least_io_threads: 0 };

    fn read(variables: &[(&str, &str)]) -> Modes {
        Modes::read(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_is_forced_by_itself() {
        assert_eq!(read(&[]), FREE);
    }

    #[test]
    fn each_variable_forces_its_mode() {
        let io_threads = Modes { application_drives: false, ..FREE };
        assert_eq!(read(&[("OXMQ_DRIVE", "io-threads")]), io_threads);
        assert_eq!(read(&[("OXMQ_SPIN", "off")]), Modes { spins: false, ..FREE });
        assert_eq!(read(&[("OXMQ_MEMBARRIER", "off")]), Modes { membarrier: false, ..FREE });
        assert_eq!(read(&[("OXMQ_IO_THREADS", "4")]), Modes { least_io_threads: 4, ..FREE });
    }

    #[test]
    fn other_values_are_as_none() {
        let empty = ["", "on", "1", "io_threads", "io-threads "];
        for value in empty {
            assert_eq!(
                read(&[("OXMQ_DRIVE", value), ("OXMQ_SPIN", value), ("OXMQ_MEMBARRIER", value)]),
                FREE,
                "{value}"
            );
        }
        for value in ["", "0", "-1", "65", "four", "99999999999999999999", "1.5", " 2"] {
            assert_eq!(read(&[("OXMQ_IO_THREADS", value)]), FREE, "{value}");
        }
    }
}
