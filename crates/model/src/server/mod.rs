//! Transformers in a process of its own, behind HTTP on the loopback interface (docs/engines.md).
//!
//! For models that have no GGUF, such as a folder with SmolLM3-3B. [`process`] starts and stops the server, [`http`]
//! asks it, [`wire`] knows its words. It is started by [`Server::start`] and ends with the [`Server`], or with this
//! process, however that ends.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::{Cancel, Engine, EngineError, Generation, Message, Profile, Request};

mod error;
mod http;
mod process;
mod wire;

pub use error::ServerError;

use http::{HttpError, TURN, Until, call};
use process::Process;
use wire::{Answered, Body, Health, Status};

/// Where the server listens.
pub const PORT: u16 = 8765;
/// How long one question about its health may take: it answers at once, but imports hold it up.
const HEALTH: Duration = Duration::from_secs(60);
/// How often it is asked while it loads.
const ASK_EVERY: Duration = Duration::from_millis(200);

/// How often it may fail to answer that in a row.
const FAILURES: u32 = 20;

/// What to start the server with.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Python 3; looked for in `PATH` where it has no folder.
    pub python: PathBuf,
    /// A program to run in place of the server that this program carries.
    pub script: Option<PathBuf>,
    /// A folder with `config.json` and safetensors, a GGUF file, or `owner/name` in the hub cache.
    pub model: PathBuf,
    /// A LoRA adapter: a PEFT folder, a safetensors file of `training/train`, or a GGUF file.
    pub adapter: Option<PathBuf>,
    /// How the model is spoken to; `None`: by its name and whether it has an adapter.
    pub profile: Option<Profile>,
    /// Beginning of every conversation, evaluated once it is loaded.
    pub constant: Vec<Message>,
    /// Definitions of tools for the model's chat template; not used with [`Profile::Reading`].
    pub tools: Vec<Value>,
    /// On 127.0.0.1; 0: a free one.
    pub port: u16,
    /// Threads of the model.
    pub threads: usize,
    /// Tokens of conversation and answer together, at most.
    pub context: u32,
    /// Use what is evaluated again where two conversations begin alike. Off only for measuring.
    pub prefix_cache: bool,
    /// Whether a model that is not on this disk may be downloaded.
    pub online: bool,
}

impl ServerOptions {
    /// The options for a model: `python3`, port 8765, offline.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            python: PathBuf::from("python3"),
            script: None,
            model: model.into(),
            adapter: None,
            profile: None,
            constant: Vec::new(),
            tools: Vec::new(),
            port: PORT,
            threads: crate::embedded::threads(),
            context: 8192,
            prefix_cache: true,
            online: false,
        }
    }

    fn arguments(&self) -> Vec<String> {
        // The server runs in another folder.
        let text = |path: &PathBuf| {
            let path =
                if path.exists() { std::path::absolute(path).ok() } else { None }.unwrap_or(path.clone());
            path.to_string_lossy().into_owned()
        };
        let mut arguments = vec![
            format!("--model={}", text(&self.model)),
            format!("--port={}", self.port),
            format!("--threads={}", self.threads.max(1)),
            format!("--context={}", self.context),
            format!("--profile={}", wire::profile_name(self.profile)),
        ];
        arguments.extend(self.adapter.as_ref().map(|path| format!("--adapter={}", text(path))));
        if self.online {
            arguments.push("--online".into());
        }
        if !self.prefix_cache {
            arguments.push("--no-prefix-cache".into());
        }
        arguments
    }
}

/// How far loading is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// What is being done.
    pub message: String,
    /// How much of it is done, 0 to 1, where that can be told.
    pub share: Option<f32>,
    /// Since the start.
    pub elapsed: Duration,
}

/// The engine: see the [module](self).
#[derive(Debug)]
pub struct Server {
    name: String,
    profile: Profile,
    grammars: bool,
    tools: Vec<Value>,
    port: u16,
    token: String,
    process: Process,
    /// What is being evaluated ahead, and what stops that.
    ahead: Option<(Cancel, JoinHandle<()>)>,
}

impl Server {
    /// Starts the server and waits until it has loaded, however long that takes. `progress` hears how far it is,
    /// about five times a second.
    ///
    /// # Errors
    /// [`EngineError::Server`] where it cannot be started, ends, or has no use for the model;
    /// [`EngineError::Cancelled`].
    pub fn start(
        options: &ServerOptions,
        cancel: &Cancel,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Self, EngineError> {
        let start = Instant::now();
        let token = token()?;
        let mut process =
            Process::start(&options.python, options.script.as_deref(), &options.arguments(), &token)?;
        let port = process.listening(&options.python, cancel)?.ok_or(EngineError::Cancelled)?;
        let health = loaded(&mut process, (port, &token), cancel, &mut |message, share| {
            progress(&Progress { message, share, elapsed: start.elapsed() });
        })?;
        let model = health.name.unwrap_or_else(|| options.model.to_string_lossy().into_owned());
        let adapter = options.adapter.as_deref().and_then(|path| path.file_stem());
        let name = match adapter {
            Some(adapter) => format!("server: {model} + {}", adapter.to_string_lossy()),
            None => format!("server: {model}"),
        };
        if !health.grammar {
            tracing::warn!("the model server has no llguidance: its answers are not held to a grammar");
        }
        tracing::info!(name, port, pid = process.id(), took = ?start.elapsed(), "model server ready");
        let profile = wire::profile(health.profile.as_deref());
        let tools = options.tools.clone();
        let grammars = health.grammar;
        let mut server = Self { name, profile, grammars, tools, port, token, process, ahead: None };
        if options.prefix_cache && !options.constant.is_empty() {
            server.prepare(&options.constant)?;
        }
        Ok(server)
    }

    /// How the model is spoken to.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Whether answers are held to their grammar; without the package llguidance they are not.
    pub fn holds_grammars(&self) -> bool {
        self.grammars
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    fn body<'r>(&'r self, messages: &'r [Message], grammar: Option<&'r str>) -> Body<'r> {
        Body { messages, grammar, tools: &self.tools, ..Body::default() }
    }

    fn ask(
        &mut self,
        path: &'static str,
        body: &[u8],
        timeout: Duration,
        cancel: &Cancel,
    ) -> Result<Answered, EngineError> {
        self.stop_ahead();
        let answer = call(self.port, &self.token, ("POST", path), body, &Until::new(cancel, timeout));
        if let Err(problem @ (HttpError::Io(_) | HttpError::Bad(_))) = &answer
            && let Err(ended) = self.process.check_again()
        {
            tracing::error!(%problem, %ended, "the model server is gone");
            return Err(EngineError::Gone);
        }
        wire::read(answer, timeout)
    }

    fn stop_ahead(&mut self) {
        if let Some((cancel, thread)) = self.ahead.take() {
            cancel.request();
            let _ = thread.join();
        }
    }
}

impl Engine for Server {
    fn name(&self) -> &str {
        &self.name
    }

    fn generate(&mut self, request: &Request, cancel: &Cancel) -> Result<Generation, EngineError> {
        let body = Body {
            max_tokens: Some(request.limits.max_tokens),
            temperature: Some(0),
            ..self.body(&request.messages, request.grammar.as_deref())
        };
        let body = serialized(&body)?;
        let answered = self.ask("/generate", &body, request.limits.timeout, cancel)?;
        tracing::debug!(
            prompt = answered.prompt_tokens,
            cached = answered.cached_tokens,
            generated = answered.generated_tokens,
            grammar = answered.grammar,
            "answered"
        );
        Ok(answered.generation())
    }

    fn prepare(&mut self, messages: &[Message]) -> Result<(), EngineError> {
        self.stop_ahead();
        self.process.check().map_err(|_| EngineError::Gone)?;
        let Ok(body) = serialized(&self.body(messages, None)) else { return Ok(()) };
        let (port, token, cancel) = (self.port, self.token.clone(), Cancel::default());
        let other = cancel.clone();
        let thread = std::thread::Builder::new().name("prepare".into()).spawn(move || {
            let until = Until::new(&other, Duration::from_secs(600));
            if let Err(error) = call(port, &token, ("POST", "/prepare"), &body, &until) {
                tracing::debug!(%error, "not prepared");
            }
        });
        // Without a thread nothing is prepared, and nothing else changes.
        self.ahead = thread.ok().map(|thread| (cancel, thread));
        Ok(())
    }

    fn score(&mut self, request: &Request, answer: &str, cancel: &Cancel) -> Result<f32, EngineError> {
        let body = self.body(&request.messages, request.grammar.as_deref());
        let body = serialized(&Body { answer: Some(answer), ..body })?;
        let answered = self.ask("/score", &body, request.limits.timeout, cancel)?;
        Ok(answered.log_probability.unwrap_or(f32::NEG_INFINITY))
    }

    fn peak_memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kilobytes << 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_ahead();
    }
}

fn serialized(body: &Body<'_>) -> Result<Vec<u8>, EngineError> {
    serde_json::to_vec(body).map_err(|error| EngineError::Failed(error.to_string()))
}

/// Waits until the model is loaded or cannot be.
fn loaded(
    process: &mut Process,
    (port, token): (u16, &str),
    cancel: &Cancel,
    progress: &mut dyn FnMut(String, Option<f32>),
) -> Result<Health, EngineError> {
    let mut failures = 0;
    loop {
        let answer = call(port, token, ("GET", "/health"), b"", &Until::new(cancel, HEALTH));
        process.check()?;
        match wire::read::<Health>(answer, HEALTH) {
            Ok(Health { status: Status::Failed, message, .. }) => {
                return Err(ServerError::Model(message).into());
            }
            Ok(health) if health.status == Status::Ready => return Ok(health),
            Ok(health) => {
                failures = 0;
                progress(health.message, health.progress);
            }
            Err(EngineError::Cancelled) => return Err(EngineError::Cancelled),
            // It runs; a computer that is very busy may hold it up.
            Err(error) => {
                failures += 1;
                tracing::debug!(%error, "no word of the model server's health");
                if failures == FAILURES {
                    return Err(ServerError::Odd(error.to_string()).into());
                }
            }
        }
        let asked = Instant::now();
        while asked.elapsed() < ASK_EVERY {
            if cancel.requested() {
                return Err(EngineError::Cancelled);
            }
            std::thread::sleep(TURN);
        }
    }
}

/// A token that nobody can guess.
fn token() -> Result<String, ServerError> {
    let mut bytes = [0; 32];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|error| ServerError::Odd(format!("no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
