//! One HTTP request on the loopback interface.
//!
//! Written by hand because a request must end within a fraction of a second when somebody cancels it, which needs
//! the socket itself, and because so little is needed: one request a connection, JSON with a length, no TLS.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::Cancel;

/// How often cancelling and the time are looked at.
pub const TURN: Duration = Duration::from_millis(20);
/// Largest head and body that are read.
const HEAD: usize = 16 << 10;
const BODY: usize = 4 << 20;

/// When to stop waiting.
pub struct Until<'c> {
    cancel: &'c Cancel,
    start: Instant,
    timeout: Duration,
}

impl<'c> Until<'c> {
    /// `timeout` from now.
    pub fn new(cancel: &'c Cancel, timeout: Duration) -> Self {
        Self { cancel, start: Instant::now(), timeout }
    }

    fn check(&self) -> Result<(), HttpError> {
        if self.cancel.requested() {
            return Err(HttpError::Cancelled);
        }
        if self.start.elapsed() >= self.timeout { Err(HttpError::TimedOut) } else { Ok(()) }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// Somebody cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The time was up.
    #[error("no answer in time")]
    TimedOut,
    /// The connection broke.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// What came is no HTTP.
    #[error("{0}")]
    Bad(&'static str),
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// 200 where all went well.
    pub status: u16,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Asks `method` `path` of 127.0.0.1:`port`. Leaving early closes the connection, which tells the server.
///
/// # Errors
/// See [`HttpError`].
pub fn call(
    port: u16,
    token: &str,
    (method, path): (&str, &str),
    body: &[u8],
    until: &Until<'_>,
) -> Result<Answer, HttpError> {
    until.check()?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(TURN))?;
    stream.set_write_timeout(Some(TURN))?;
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    send(&mut stream, &request, until)?;
    receive(&mut stream, until)
}

/// True where the socket only had nothing to do within [`TURN`].
fn idle(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn send(stream: &mut impl Write, mut bytes: &[u8], until: &Until<'_>) -> Result<(), HttpError> {
    while !bytes.is_empty() {
        until.check()?;
        match stream.write(bytes) {
            Ok(0) => return Err(HttpError::Bad("the connection was closed")),
            Ok(sent) => bytes = bytes.get(sent..).unwrap_or_default(),
            Err(error) if idle(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Reads an answer: a head, and as many bytes as it says.
fn receive(stream: &mut impl Read, until: &Until<'_>) -> Result<Answer, HttpError> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    let mut head: Option<(usize, Head)> = None;
    loop {
        if head.is_none()
            && let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let text = std::str::from_utf8(bytes.get(..end).unwrap_or_default());
            head = Some((end + 4, parse(text.map_err(|_| HttpError::Bad("a head that is no text"))?)?));
        }
        match &head {
            Some((start, head)) if bytes.len() >= start + head.length => {
                let body = bytes.get(*start..start + head.length).unwrap_or_default().to_vec();
                return Ok(Answer { status: head.status, body });
            }
            None if bytes.len() > HEAD => return Err(HttpError::Bad("a head without an end")),
            _ => {}
        }
        until.check()?;
        match stream.read(&mut buffer) {
            Ok(0) => return Err(HttpError::Bad("the answer is cut")),
            Ok(read) => bytes.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(error) if idle(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

struct Head {
    status: u16,
    length: usize,
}

fn parse(text: &str) -> Result<Head, HttpError> {
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    if !first.next().is_some_and(|version| version.starts_with("HTTP/1.")) {
        return Err(HttpError::Bad("an answer that is no HTTP"));
    }
    let status = first.next().and_then(|status| status.parse().ok());
    let lengths: Vec<&str> = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.trim())
        .collect();
    let length = if let [only] = lengths[..] { only.parse().ok() } else { None };
    match (status, length) {
        (Some(status), Some(length)) if length <= BODY => Ok(Head { status, length }),
        (Some(_), Some(_)) => Err(HttpError::Bad("an answer that is too long")),
        _ => Err(HttpError::Bad("an answer without status or length")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// A server that answers one request with these parts, some milliseconds apart; what it was asked.
    fn answering(parts: Vec<&'static [u8]>) -> (u16, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            let mut buffer = [0; 1024];
            while !asked.ends_with(b"{}") {
                let read = stream.read(&mut buffer).unwrap();
                asked.extend_from_slice(&buffer[..read]);
            }
            for part in parts {
                stream.write_all(part).unwrap();
                std::thread::sleep(Duration::from_millis(30));
            }
            String::from_utf8(asked).unwrap()
        });
        (port, thread)
    }

    fn ask(parts: Vec<&'static [u8]>) -> (Result<Answer, HttpError>, String) {
        let (port, thread) = answering(parts);
        let cancel = Cancel::default();
        let until = Until::new(&cancel, Duration::from_secs(5));
        (call(port, "secret", ("POST", "/x"), b"{}", &until), thread.join().unwrap())
    }

    #[test]
    fn an_answer_is_read_from_any_split() {
        let (answer, asked) =
            ask(vec![b"HTTP/1.1 20", b"0 OK\r\ncontent-LENGTH: 4\r", b"\nX: y\r\n\r", b"\nab", b"cdmore"]);
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"abcd".as_slice()));
        assert!(asked.starts_with("POST /x HTTP/1.1\r\nHost: 127.0.0.1:"), "{asked}");
        assert!(asked.contains("\r\nAuthorization: Bearer secret\r\n"), "{asked}");
        assert!(asked.ends_with("Content-Length: 2\r\nConnection: close\r\n\r\n{}"), "{asked}");
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for (parts, said) in [
            (vec![&b"SSH-2.0-x\r\n\r\n"[..]], "no HTTP"),
            (vec![b"HTTP/1.1 200 OK\r\n\r\n"], "without status or length"),
            (vec![b"HTTP/1.1 x\r\nContent-Length: 1\r\n\r\n"], "without status or length"),
            (vec![b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"], "without status"),
            (vec![b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"], "too long"),
            (vec![b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"], "cut"),
            (vec![b"\xff\r\n\r\n"], "no text"),
            (vec![&[b'a'; HEAD + 9000]], "without an end"),
        ] {
            let error = ask(parts).0.unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn waiting_ends_when_cancelled_and_in_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cancel = Cancel::default();
        let start = Instant::now();
        let until = Until::new(&cancel, Duration::from_millis(100));
        assert!(matches!(call(port, "t", ("GET", "/"), b"", &until), Err(HttpError::TimedOut)));
        let other = cancel.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            other.request();
        });
        let until = Until::new(&cancel, Duration::from_secs(60));
        assert!(matches!(call(port, "t", ("GET", "/"), b"", &until), Err(HttpError::Cancelled)));
        assert!(start.elapsed() < Duration::from_secs(5));
        thread.join().unwrap();
        drop(listener);
        let cancel = Cancel::default();
        let until = Until::new(&cancel, Duration::from_secs(1));
        assert!(matches!(call(port, "t", ("GET", "/"), b"", &until), Err(HttpError::Io(_))));
    }
}
