//! Waiting, as something that is handed in: a test gives one that takes no time.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// Waits. Dropping the future ends the wait.
pub trait Pause: Send + Sync {
    /// Completes after `duration`.
    fn pause(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

/// Waits by the runtime's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimerPause;

impl Pause for TimerPause {
    fn pause(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! A pause that moves a clock on and remembers how long it was.

    use super::Pause;
    use crate::domain::clock::ManualClock;
    use std::future::Future;
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    pub struct ClockPause {
        pub clock: Arc<ManualClock>,
        pub waits: Mutex<Vec<Duration>>,
    }

    impl ClockPause {
        pub fn new(clock: Arc<ManualClock>) -> Arc<Self> {
            Arc::new(Self { clock, waits: Mutex::default() })
        }
    }

    impl Pause for ClockPause {
        fn pause(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            self.waits.lock().unwrap().push(duration);
            self.clock.advance(duration);
            Box::pin(std::future::ready(()))
        }
    }
}
