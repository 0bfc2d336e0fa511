//! llama.cpp in this process: a GGUF model, with or without a LoRA adapter, on the processor.
//!
//! A thread of its own owns the model ([`worker`]), so that [`prepare`](crate::Engine::prepare) returns at once and
//! the known part of a prompt is evaluated while the person types. [`vocab`] gives the grammar the model's tokens,
//! [`kept`] keeps the evaluated instruction on disk between starts, [`cpu`] says what this computer can do.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::{Cancel, Engine, EngineError, Generation, Message, Profile, Request};

mod cpu;
mod kept;
mod load;
mod pace;
mod pick;
mod score;
mod vocab;
mod worker;

pub use cpu::{missing_instruction, peak_memory, threads};

/// How often a wish to stop is looked at while the model works.
const TURN: Duration = Duration::from_millis(20);

/// What to load and how to run it.
#[derive(Clone, Debug)]
pub struct Options {
    /// The GGUF file of the model.
    pub model: PathBuf,
    /// The GGUF file of a LoRA adapter.
    pub adapter: Option<PathBuf>,
    /// How the model is spoken to; `None`: by its name and whether it has an adapter.
    pub profile: Option<Profile>,
    /// Beginning of every conversation. It is evaluated at the start and kept in [`cache_dir`](Self::cache_dir).
    pub constant: Vec<Message>,
    /// Where the evaluated beginning is kept between starts; `None`: nowhere. Made where it is missing.
    pub cache_dir: Option<PathBuf>,
    /// What names the model and adapter files for sure (their hashes); empty: their sizes and times.
    pub identity: String,
    /// Threads; never more than there are free cores.
    pub threads: usize,
    /// Tokens of conversation and answer together.
    pub context: u32,
    /// Use what is evaluated again where two conversations begin alike. Off only for measuring.
    pub prefix_cache: bool,
    /// Take tokens that the grammar leaves no choice about without evaluating the model for them. Off only for
    /// measuring.
    pub forced_tokens: bool,
}

impl Options {
    /// The options for a model: two threads at most, 1,024 tokens, nothing kept on disk.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            adapter: None,
            profile: None,
            constant: Vec::new(),
            cache_dir: None,
            identity: String::new(),
            threads: threads(),
            context: 1024,
            prefix_cache: true,
            forced_tokens: true,
        }
    }
}

/// What the model's thread is asked to do.
enum Job {
    Generate(Request, Cancel, Instant, Sender<Result<Generation, EngineError>>),
    Score(Request, String, Cancel, Instant, Sender<Result<f32, EngineError>>),
    Prepare(Vec<Message>),
}

/// The engine: see the [module](self).
#[derive(Debug)]
pub struct Embedded {
    name: String,
    profile: Profile,
    jobs: Option<Sender<Job>>,
    /// Jobs that wait; preparing stops for them.
    waiting: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

/// What the model's thread says when it has loaded.
struct Loaded {
    name: String,
    profile: Profile,
}

impl Embedded {
    /// Loads a model; the constant beginning is evaluated after this returns.
    ///
    /// # Errors
    /// [`EngineError::File`] where a file is missing, cut or no model; [`EngineError::Memory`] where it does not
    /// fit; [`EngineError::Processor`] where this computer cannot run it.
    pub fn start(options: Options) -> Result<Self, EngineError> {
        if let Some(name) = missing_instruction() {
            return Err(EngineError::Processor(name));
        }
        let (jobs, todo) = channel();
        let (ready, is_ready) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&waiting);
        let thread = std::thread::Builder::new()
            .name("model".into())
            .spawn(move || load::run(&options, &todo, &counted, &ready))
            .map_err(|error| EngineError::Failed(format!("no thread: {error}")))?;
        let Loaded { name, profile } = is_ready.recv().map_err(|_| EngineError::Gone)??;
        Ok(Self { name, profile, jobs: Some(jobs), waiting, thread: Some(thread) })
    }

    /// How the model is spoken to.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    fn send(&self, job: Job) -> Result<(), EngineError> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(EngineError::Gone)
    }
}

/// Waits for an answer, and no longer than somebody wants it: the model's thread looks at `job` between two batches
/// only, and a busy computer takes its time for one. The job has a flag of its own, because the person's is cleared
/// with the next sentence, which must not make the stopped one go on.
fn answer<T>(
    from: &Receiver<Result<T, EngineError>>,
    cancel: &Cancel,
    job: &Cancel,
) -> Result<T, EngineError> {
    while !cancel.requested() {
        match from.recv_timeout(TURN) {
            Ok(answer) => return answer,
            Err(RecvTimeoutError::Disconnected) => return Err(EngineError::Gone),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    job.request();
    Err(EngineError::Cancelled)
}

impl Engine for Embedded {
    fn name(&self) -> &str {
        &self.name
    }

    fn generate(&mut self, request: &Request, cancel: &Cancel) -> Result<Generation, EngineError> {
        let ((reply, from), job) = (channel(), Cancel::default());
        self.send(Job::Generate(request.clone(), job.clone(), Instant::now(), reply))?;
        answer(&from, cancel, &job)
    }

    fn prepare(&mut self, messages: &[Message]) -> Result<(), EngineError> {
        self.send(Job::Prepare(messages.to_vec()))
    }

    fn score(&mut self, request: &Request, text: &str, cancel: &Cancel) -> Result<f32, EngineError> {
        let ((reply, from), job) = (channel(), Cancel::default());
        self.send(Job::Score(request.clone(), text.to_owned(), job.clone(), Instant::now(), reply))?;
        answer(&from, cancel, &job)
    }

    fn peak_memory(&self) -> Option<u64> {
        peak_memory()
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.jobs = None;
        // What is being prepared stops for a waiting job, and finds none.
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
