//! Loads the model and serves jobs: the life of the model's thread.

use std::fs::File;
use std::io::Read;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, OnceLock};

use llama_cpp_2::LogOptions;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};
use llguidance::ParserFactory;
use toktrie::InferenceCapabilities;

use super::worker::{BATCH, Worker};
use super::{Job, Loaded, Options, cpu, vocab};
use crate::{EngineError, Profile};

/// What llama.cpp needs beside the weights: evaluated tokens, buffers.
const BESIDE: u64 = 96 << 20;

/// Loads, says so, and works until the engine is dropped.
pub fn run(
    options: &Options,
    todo: &Receiver<Job>,
    waiting: &AtomicUsize,
    ready: &Sender<Result<Loaded, EngineError>>,
) {
    if let Err(error) = load_and_serve(options, todo, waiting, ready) {
        let _ = ready.send(Err(error));
    }
}

fn load_and_serve(
    options: &Options,
    todo: &Receiver<Job>,
    waiting: &AtomicUsize,
    ready: &Sender<Result<Loaded, EngineError>>,
) -> Result<(), EngineError> {
    let backend = backend()?;
    check_file(&options.model)?;
    check_memory(options)?;
    let broken =
        |path: &Path, problem: &str| EngineError::File { path: path.to_owned(), problem: problem.to_owned() };
    let parameters = LlamaModelParams::default().with_n_gpu_layers(0).with_use_mmap(true);
    let mut model = LlamaModel::load_from_file(backend, &options.model, &parameters)
        .map_err(|_| broken(&options.model, "cut or damaged, or a kind of model that is not known here"))?;
    let mut adapter = match &options.adapter {
        None => None,
        Some(path) => {
            check_file(path)?;
            let adapter = model.lora_adapter_init(path);
            Some(adapter.map_err(|_| broken(path, "damaged, or an adapter of another model"))?)
        }
    };
    let name = model.meta_val_str("general.name").unwrap_or_default();
    let profile = options.profile.unwrap_or_else(|| Profile::of(&name, adapter.is_some()));

    let model = Arc::new(model);
    let mut contexts = Contexts { backend, model: &model, adapter: adapter.as_mut(), size: options.context };
    let context = contexts.make(options.threads)?;
    let environment = vocab::environment(&model);
    let capabilities = InferenceCapabilities { ff_tokens: true, ..Default::default() };
    let mut grammars = ParserFactory::new(&environment, capabilities, &[])
        .map_err(|error| EngineError::Failed(format!("the vocabulary: {error}")))?;
    // Its warnings would go to the terminal.
    grammars.quiet();

    let mut worker = Worker::new(contexts, context, &grammars, profile, options);
    let adapted = options.adapter.as_deref().and_then(Path::file_stem);
    let described = match adapted {
        Some(adapter) => format!("embedded: {name} + {}", adapter.to_string_lossy()),
        None => format!("embedded: {name}"),
    };
    let loaded = Loaded { name: described, profile };
    if ready.send(Ok(loaded)).is_err() {
        return Ok(());
    }
    worker.start(waiting);
    for job in todo {
        waiting.fetch_sub(1, Ordering::Relaxed);
        // Where nobody waits any more, the answer is dropped.
        match job {
            Job::Generate(request, cancel, asked, reply) => {
                drop(reply.send(worker.generate(&request, &cancel, asked)));
            }
            Job::Score(request, text, cancel, asked, reply) => {
                drop(reply.send(worker.score(&request, &text, &cancel, asked)));
            }
            Job::Prepare(messages) => worker.prepare(&messages, waiting),
        }
    }
    Ok(())
}

/// Makes contexts: room for evaluated tokens, and the threads that evaluate.
pub struct Contexts<'m> {
    backend: &'static LlamaBackend,
    pub model: &'m LlamaModel,
    adapter: Option<&'m mut LlamaLoraAdapter>,
    /// Tokens there is room for.
    size: u32,
}

impl<'m> Contexts<'m> {
    /// An empty context with the adapter set.
    pub fn make(&mut self, threads: usize) -> Result<LlamaContext<'m>, EngineError> {
        let threads = i32::try_from(threads.max(1)).unwrap_or(1);
        let parameters = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(self.size))
            .with_n_batch(BATCH as u32)
            .with_n_ubatch(BATCH as u32)
            .with_n_threads(threads)
            .with_n_threads_batch(threads)
            .with_no_perf(true);
        let mut context = self
            .model
            .new_context(self.backend, parameters)
            .map_err(|error| EngineError::Failed(format!("no context: {error}")))?;
        if let Some(adapter) = &mut self.adapter {
            context
                .lora_adapter_set(adapter, 1.0)
                .map_err(|error| EngineError::Failed(format!("the adapter: {error}")))?;
        }
        Ok(context)
    }
}

/// llama.cpp, started once for the process; what it has to say goes to the log.
fn backend() -> Result<&'static LlamaBackend, EngineError> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    let started = BACKEND.get_or_init(|| {
        llama_cpp_2::send_logs_to_tracing(LogOptions::default());
        LlamaBackend::init().map_err(|error| error.to_string())
    });
    started.as_ref().map_err(|error| EngineError::Failed(error.clone()))
}

/// That a file can be read and is GGUF; llama.cpp itself tells the rest.
fn check_file(path: &Path) -> Result<(), EngineError> {
    let bad = |problem: String| EngineError::File { path: path.to_owned(), problem };
    let mut magic = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut magic));
    match read {
        Ok(()) if &magic == b"GGUF" => Ok(()),
        Ok(()) => Err(bad("no GGUF file".into())),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Err(bad("no GGUF file".into())),
        Err(error) => Err(bad(error.to_string())),
    }
}

fn check_memory(options: &Options) -> Result<(), EngineError> {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |known| known.len());
    let needed = size(&options.model) + options.adapter.as_deref().map_or(0, size) + BESIDE;
    match cpu::free_memory() {
        Some(free) if free < needed => Err(EngineError::Memory { needed, free }),
        _ => Ok(()),
    }
}
