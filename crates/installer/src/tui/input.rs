//! The keyboard's thread: what the terminal sends becomes messages. It can be paused, so that a shell gets the keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use super::app::Msg;

/// How long a stop or a pause may take to be noticed.
const LOOK_UP: Duration = Duration::from_millis(100);

const READING: u8 = 0;
const PAUSING: u8 = 1;
const PAUSED: u8 = 2;
const STOPPING: u8 = 3;
const STOPPED: u8 = 4;

/// The thread that reads the terminal.
pub struct Keyboard(Arc<AtomicU8>);

/// Tells that nobody reads any more where the thread panics: a person who cannot type could not leave.
struct Gone(Sender<Msg>);

impl Drop for Gone {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.send(Msg::TerminalGone);
        }
    }
}

impl Keyboard {
    /// Starts reading.
    pub fn start(messages: Sender<Msg>) -> Self {
        let state = Arc::new(AtomicU8::new(READING));
        let seen = Arc::clone(&state);
        std::thread::spawn(move || {
            let _gone = Gone(messages.clone());
            read(&seen, &messages);
            seen.store(STOPPED, Ordering::SeqCst);
        });
        Self(state)
    }

    /// Stops reading for a while; when it returns, no key is taken any more.
    pub fn pause(&self) {
        self.0.compare_exchange(READING, PAUSING, Ordering::SeqCst, Ordering::SeqCst).ok();
        self.wait(|state| state != PAUSING);
    }

    /// Reads again.
    pub fn resume(&self) {
        self.0.compare_exchange(PAUSED, READING, Ordering::SeqCst, Ordering::SeqCst).ok();
    }

    /// Stops for good; when it returns, no key is taken any more.
    pub fn stop(&self) {
        if self.0.load(Ordering::SeqCst) != STOPPED {
            self.0.store(STOPPING, Ordering::SeqCst);
        }
        self.wait(|state| state == STOPPED);
    }

    fn wait(&self, done: impl Fn(u8) -> bool) {
        // The thread looks up ten times a second; one that does not is stuck in a terminal that is gone.
        for _ in 0..100 {
            if done(self.0.load(Ordering::SeqCst)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn read(state: &AtomicU8, messages: &Sender<Msg>) {
    loop {
        match state.load(Ordering::SeqCst) {
            STOPPING => return,
            PAUSING => state.store(PAUSED, Ordering::SeqCst),
            PAUSED => std::thread::sleep(LOOK_UP),
            _ => match crossterm::event::poll(LOOK_UP)
                .and_then(|ready| if ready { crossterm::event::read().map(Some) } else { Ok(None) })
            {
                Ok(None) => {}
                Ok(Some(event)) => {
                    if messages.send(Msg::Terminal(event)).is_err() {
                        return;
                    }
                }
                Err(_) => {
                    // The session is over either way.
                    let _ = messages.send(Msg::TerminalGone);
                    return;
                }
            },
        }
    }
}
