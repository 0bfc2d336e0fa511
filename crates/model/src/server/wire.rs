//! What is said to the server, and what it answers (crates/installer/python/llm_server.py).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::http::{Answer, HttpError};
use crate::{EngineError, Finish, Generation, Message, Profile, Timings};

/// `GET /health`.
#[derive(Debug, Deserialize)]
pub struct Health {
    pub status: Status,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub progress: Option<f32>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub profile: Option<String>,
    #[serde(default)]
    pub grammar: bool,
}

/// How far the server is.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Loading,
    Ready,
    Failed,
}

/// The body of a request.
#[derive(Debug, Default, Serialize)]
pub struct Body<'r> {
    pub messages: &'r [Message],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grammar: Option<&'r str>,
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    pub tools: &'r [Value],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<&'r str>,
}

/// The answer to `/generate` and `/score`.
#[derive(Debug, Deserialize)]
pub struct Answered {
    #[serde(default)]
    pub text: String,
    #[serde(default)]
    pub finish: String,
    pub log_probability: Option<f32>,
    pub first: Option<f32>,
    pub prompt_tokens: usize,
    #[serde(default)]
    pub cached_tokens: usize,
    #[serde(default)]
    pub generated_tokens: usize,
    #[serde(default)]
    pub prefill_seconds: f32,
    #[serde(default)]
    pub decode_seconds: f32,
    #[serde(default)]
    pub grammar: String,
}

#[derive(Debug, Deserialize)]
struct Failure {
    error: Reason,
}

#[derive(Debug, Default, Deserialize)]
struct Reason {
    kind: String,
    message: String,
    #[serde(default)]
    tokens: usize,
    #[serde(default)]
    context: usize,
}

impl Answered {
    /// As every engine answers.
    pub fn generation(self) -> Generation {
        Generation {
            text: self.text,
            finish: if self.finish == "limit" { Finish::Limit } else { Finish::End },
            log_probability: self.log_probability.unwrap_or(f32::NEG_INFINITY),
            first: self.first.or(self.log_probability).unwrap_or(f32::NEG_INFINITY),
            timings: Timings {
                prompt_tokens: self.prompt_tokens,
                cached_tokens: self.cached_tokens,
                sampled: self.generated_tokens,
                prefill: time(self.prefill_seconds),
                decode: time(self.decode_seconds),
                ..Timings::default()
            },
        }
    }
}

fn time(seconds: f32) -> Duration {
    Duration::try_from_secs_f32(seconds).unwrap_or_default()
}

/// The server's name for a profile.
pub fn profile_name(profile: Option<Profile>) -> &'static str {
    match profile {
        None => "auto",
        Some(Profile::Reading) => "reading",
        Some(Profile::Tools) => "template",
    }
}

/// The profile of the server's name for it.
pub fn profile(name: Option<&str>) -> Profile {
    if name == Some("reading") { Profile::Reading } else { Profile::Tools }
}

/// Reads an answer, or why there is none. `timeout`: what was waited at most.
pub fn read<T: for<'de> Deserialize<'de>>(
    answer: Result<Answer, HttpError>,
    timeout: Duration,
) -> Result<T, EngineError> {
    let answer = answer.map_err(|error| match error {
        HttpError::Cancelled => EngineError::Cancelled,
        HttpError::TimedOut => EngineError::TimedOut(timeout),
        other => EngineError::Failed(format!("the connection to the model server: {other}")),
    })?;
    if answer.status == 200 {
        return serde_json::from_slice(&answer.body)
            .map_err(|error| EngineError::Failed(format!("an answer that is not understood: {error}")));
    }
    let Reason { kind, message, tokens, context } =
        serde_json::from_slice::<Failure>(&answer.body).map(|failure| failure.error).unwrap_or_default();
    Err(match kind.as_str() {
        "too_long" => EngineError::TooLong { tokens, context },
        "grammar" => EngineError::Grammar(message),
        _ => EngineError::Failed(format!("the model server answers {}: {message}", answer.status)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn got(status: u16, body: &str) -> Result<Answered, EngineError> {
        read(Ok(Answer { status, body: body.into() }), Duration::from_secs(1))
    }

    #[test]
    fn answers_and_reasons_are_read() {
        let answered = got(
            200,
            r#"{"text":"x","finish":"limit","log_probability":-0.5,"prompt_tokens":3,"generated_tokens":2,
                "seconds":1,"prefill_seconds":0.25,"new":[]}"#,
        );
        let generation = answered.unwrap().generation();
        assert_eq!((generation.text.as_str(), generation.finish), ("x", Finish::Limit));
        assert_eq!((generation.timings.sampled, generation.timings.prefill.as_millis()), (2, 250));
        assert!(matches!(got(200, "[]"), Err(EngineError::Failed(_))));
        let error = got(400, r#"{"error":{"kind":"too_long","message":"m","tokens":9,"context":8}}"#);
        assert_eq!(error.unwrap_err(), EngineError::TooLong { tokens: 9, context: 8 });
        assert!(matches!(
            got(400, r#"{"error":{"kind":"grammar","message":"m"}}"#),
            Err(EngineError::Grammar(_))
        ));
        assert!(got(500, "<html>").unwrap_err().to_string().contains("500"));
        let late = read::<Answered>(Err(HttpError::TimedOut), Duration::from_secs(1));
        assert_eq!(late.unwrap_err(), EngineError::TimedOut(Duration::from_secs(1)));
    }

    #[test]
    fn a_body_has_what_was_given_and_no_more() {
        let messages = [Message::new(crate::Role::User, "a\"b")];
        let body = Body { messages: &messages, max_tokens: Some(5), ..Body::default() };
        assert_eq!(
            serde_json::to_string(&body).unwrap(),
            r#"{"messages":[{"role":"user","content":"a\"b"}],"max_tokens":5}"#
        );
    }
}
