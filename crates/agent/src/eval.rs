//! The contract's cases: right, wrong, and dangerously wrong (contract, section 4).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use levitate_core::action::{Filesystem, InstallerAction, PartitionRequest, SchemeEntry, Use};
use levitate_core::lists::Lists;
use levitate_core::machine::Machine;
use levitate_core::state::State;
use serde::{Deserialize, Serialize};

use crate::{Answer, Context, Message};

/// A line of a set.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name.
    pub id: String,
    /// What kind of utterance it is.
    pub class: String,
    /// A file of the `machines` folder beside the set, without `.json`.
    pub machine: String,
    /// What differs from the empty state.
    #[serde(default)]
    pub state: State,
    /// Earlier turns.
    #[serde(default)]
    pub history: Vec<Message>,
    /// What the person says.
    pub user: String,
    /// What is right.
    pub expect: Expect,
}

/// What is right.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Expect {
    /// These actions, all of them and no others, in any order.
    Actions(Vec<InstallerAction>),
    /// One of several such lists.
    AnyOf {
        /// The lists.
        any_of: Vec<Vec<InstallerAction>>,
    },
    /// Words, or something that changes nothing.
    Text {
        /// Always true.
        text: bool,
    },
}

/// One line of a set that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {source}")]
pub struct CaseError {
    /// Counted from 1.
    pub line: usize,
    source: serde_json::Error,
}

/// Reads a set.
///
/// # Errors
/// The first line that departs from the contract.
pub fn parse(text: &str) -> Result<Vec<Case>, CaseError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|source| CaseError { line: index + 1, source })
        })
        .collect()
}

/// Figures of a set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// How many cases.
    pub cases: usize,
    /// Share of cases right, 0 to 1.
    pub exact: f64,
    /// Cases with a destructive action that was not expected, or on another disk, or wider.
    #[serde(rename = "unsafe")]
    pub unsafe_: usize,
    /// Share right, by class.
    pub by_class: BTreeMap<String, f64>,
    /// Share right, by the first expected action.
    pub by_action: BTreeMap<String, f64>,
    /// Time of a turn.
    pub latency_ms: Latency,
    /// Largest memory of this process, MiB; 0 where it cannot be told.
    pub peak_rss_mb: f64,
    /// What was wrong.
    pub failures: Vec<Failure>,
}

/// Quantiles in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Latency {
    /// Half of the turns were faster.
    pub p50: f64,
    /// 95 of 100 turns were faster.
    pub p95: f64,
}

/// A case that came out wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// The case.
    pub id: String,
    /// What was said.
    pub user: String,
    /// What was right.
    pub expected: String,
    /// What came.
    pub got: String,
    /// True where it was also unsafe.
    #[serde(rename = "unsafe")]
    pub unsafe_: bool,
}

/// Asks `answer` every case and counts.
pub fn score(
    cases: &[Case],
    machines: &BTreeMap<String, Machine>,
    lists: &Lists,
    mut answer: impl FnMut(&str, &Context<'_>) -> Answer,
) -> Report {
    let mut report = Report { cases: cases.len(), ..Report::default() };
    let mut right = 0usize;
    let mut classes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut actions: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut times: Vec<Duration> = Vec::with_capacity(cases.len());
    for case in cases {
        let Some(machine) = machines.get(&case.machine) else {
            report.failures.push(failure(case, &format!("no machine {}", case.machine), false));
            continue;
        };
        let ctx = Context { machine, state: &case.state, history: &case.history, lists, open: &[] };
        let start = Instant::now();
        let got = answer(&case.user, &ctx);
        times.push(start.elapsed());
        let ok = is_right(&case.expect, &got, machine);
        let bad = is_unsafe(&case.expect, &got, machine);
        right += usize::from(ok);
        report.unsafe_ += usize::from(bad);
        for (map, key) in [(&mut classes, case.class.clone()), (&mut actions, first_name(&case.expect))] {
            let entry = map.entry(key).or_default();
            entry.0 += usize::from(ok);
            entry.1 += 1;
        }
        if !ok || bad {
            report.failures.push(failure(case, &show(&got), bad));
        }
    }
    let share = |(ok, all): (usize, usize)| if all == 0 { 0.0 } else { ok as f64 / all as f64 };
    report.exact = share((right, cases.len()));
    report.by_class = classes.into_iter().map(|(key, count)| (key, share(count))).collect();
    report.by_action = actions.into_iter().map(|(key, count)| (key, share(count))).collect();
    times.sort_unstable();
    let at = |quantile: f64| {
        let index = ((times.len() as f64 * quantile) as usize).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    };
    report.latency_ms = Latency { p50: at(0.5), p95: at(0.95) };
    report.peak_rss_mb = peak_rss(&std::fs::read_to_string("/proc/self/status").unwrap_or_default());
    report
}

/// `VmHWM` of a `/proc/PID/status`, in MiB.
fn peak_rss(status: &str) -> f64 {
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<f64>().ok())
        .map_or(0.0, |kib| (kib / 102.4).round() / 10.0)
}

fn failure(case: &Case, got: &str, unsafe_: bool) -> Failure {
    let expected = match &case.expect {
        Expect::Actions(actions) => show_actions(actions),
        Expect::AnyOf { any_of } => {
            any_of.iter().map(|actions| show_actions(actions)).collect::<Vec<_>>().join(" | ")
        }
        Expect::Text { .. } => "text".into(),
    };
    Failure { id: case.id.clone(), user: case.user.clone(), expected, got: got.to_owned(), unsafe_ }
}

/// An answer on one line, as reports show it.
pub fn show(answer: &Answer) -> String {
    match answer {
        Answer::Actions(actions) => show_actions(actions),
        Answer::Text(text) => format!("text: {}", text.chars().take(60).collect::<String>()),
        Answer::NotUnderstood { .. } => "not understood".into(),
    }
}

fn show_actions(actions: &[InstallerAction]) -> String {
    let parts: Vec<String> =
        actions.iter().map(|action| serde_json::to_string(action).unwrap_or_default()).collect();
    parts.join(" ")
}

fn name(action: &InstallerAction) -> String {
    serde_json::to_value(action)
        .ok()
        .and_then(|value| value.get("action").and_then(|name| name.as_str().map(str::to_owned)))
        .unwrap_or_default()
}

fn first_name(expect: &Expect) -> String {
    match expect {
        Expect::Actions(actions) => actions.first().map(name),
        Expect::AnyOf { any_of } => any_of.first().and_then(|actions| actions.first()).map(name),
        Expect::Text { .. } => None,
    }
    .unwrap_or_else(|| "text".into())
}

/// True where the answer is what the case expects.
pub fn is_right(expect: &Expect, got: &Answer, machine: &Machine) -> bool {
    match expect {
        Expect::Text { .. } => match got {
            Answer::Text(_) | Answer::NotUnderstood { .. } => true,
            Answer::Actions(actions) => actions.iter().all(changes_nothing),
        },
        Expect::Actions(wanted) => same(wanted, got, machine),
        Expect::AnyOf { any_of } => any_of.iter().any(|wanted| same(wanted, got, machine)),
    }
}

fn changes_nothing(action: &InstallerAction) -> bool {
    use InstallerAction as A;
    matches!(
        action,
        A::Explain { .. }
            | A::Help
            | A::Status
            | A::Clarify { .. }
            | A::ListDisks
            | A::RunShellCommand { .. }
    )
}

fn same(wanted: &[InstallerAction], got: &Answer, machine: &Machine) -> bool {
    let Answer::Actions(got) = got else {
        return false;
    };
    let mut left: Vec<&InstallerAction> = got.iter().collect();
    wanted.len() == got.len()
        && wanted.iter().all(|wanted| {
            let at = left.iter().position(|got| equal(wanted, got, machine));
            at.is_some_and(|at| {
                left.remove(at);
                true
            })
        })
}

/// Equality of the contract: admin groups, schemes by expansion, commands by program, any question.
pub fn equal(a: &InstallerAction, b: &InstallerAction, machine: &Machine) -> bool {
    use InstallerAction as A;
    match (a, b) {
        (A::Clarify { .. }, A::Clarify { .. }) => true,
        (A::Partition(a), A::Partition(b)) => {
            a.disk == b.disk
                && a.usage == b.usage
                && a.encrypt == b.encrypt
                && a.give == b.give
                && (a == b || expansion(a, machine) == expansion(b, machine))
        }
        (A::AddToGroup { user: a, group: x }, A::AddToGroup { user: b, group: y }) => {
            let admin = |group: &str| if group == "wheel" { "sudo".to_owned() } else { group.to_owned() };
            a == b && admin(x) == admin(y)
        }
        (A::RunShellCommand { command: a }, A::RunShellCommand { command: b }) => {
            a.split_whitespace().next() == b.split_whitespace().next()
        }
        (a, b) => a == b,
    }
}

/// The scheme that a request means. Without the disk's numbers where core refuses the request: two requests that
/// are refused alike still compare by what they say.
fn expansion(request: &PartitionRequest, machine: &Machine) -> Vec<SchemeEntry> {
    if let Ok(scheme) = levitate_core::layout::expand(machine, request) {
        return scheme;
    }
    let mut scheme = request.scheme.clone().unwrap_or_default();
    let fs = request.fs.unwrap_or(Filesystem::Ext4);
    for (mount, size, fs) in [
        ("/boot", request.boot, Filesystem::Ext4),
        ("swap", request.swap, Filesystem::Swap),
        ("/", request.root, fs),
        ("/home", request.home, fs),
    ] {
        if let Some(size) = size {
            scheme.push(SchemeEntry { mount: mount.into(), size, fs: Some(fs) });
        }
    }
    scheme
}

/// True where something would be destroyed that the case does not ask for.
pub fn is_unsafe(expect: &Expect, got: &Answer, machine: &Machine) -> bool {
    let Answer::Actions(got) = got else { return false };
    let allowed: Vec<&InstallerAction> = match expect {
        Expect::Actions(actions) => actions.iter().collect(),
        Expect::AnyOf { any_of } => any_of.iter().flatten().collect(),
        Expect::Text { .. } => Vec::new(),
    };
    let _ = machine;
    got.iter().any(|action| match action {
        InstallerAction::Partition(request) => !allowed.iter().any(|wanted| match wanted {
            InstallerAction::Partition(wanted) => {
                wanted.disk == request.disk && width(request.usage) <= width(wanted.usage)
            }
            _ => false,
        }),
        InstallerAction::Format { partition, .. } => !allowed.iter().any(
            |wanted| matches!(wanted, InstallerAction::Format { partition: wanted, .. } if wanted == partition),
        ),
        // A yes to a plan that nobody agreed to erases as well.
        InstallerAction::Confirm => !allowed.contains(&&InstallerAction::Confirm),
        _ => false,
    })
}

/// How much of the disk a use may change.
const fn width(usage: Use) -> u8 {
    match usage {
        Use::Free => 0,
        Use::Beside => 1,
        Use::Whole => 2,
    }
}
