//! Sentences that name a thing to do and do not wish for it: refused, feared, told of others, taken back at their end. Whoever
//! has read them, nothing is planned, noted or ended on them.

use levitate_core::action::{InstallerAction, Use};
use levitate_core::lists::fold;

use crate::words::{ASKS, FILES, NOT, NOT_BEHIND, has_any};

/// Behind a no these say that nothing is refused: "don't worry, erase it".
const HARMLESS: &[&str] =
    &["care", "mind", "need", "worry", "forget", "have", "bother", "hesitate", "know", "only", "just", "be"];

/// What can be wished for, folded.
const VERBS: &[&str] = &[
    "install", "use", "erase", "wipe", "format", "overwrite", "delete", "remove", "take", "put", "touch",
    "start", "begin", "create", "make", "add", "set", "change", "switch", "call", "name", "give", "reboot",
    "restart", "exit", "quit", "leave", "finish", "undo", "revert", "keep", "mount", "copy", "do", "go",
    "installation", "installieren", "installiere", "benutze", "benutzen", "nimm", "losche", "loschen",
    "installer", "installe", "efface", "effacer", "utilise", "instales", "instalar", "borres", "borrar",
    "uses", "usar", "installare", "installa", "usare", "cancellare", "installeer", "gebruik", "wis",
];

/// Refusing one of these changes a plan and does not drop it: "don't use swap".
const OPTIONS: &[&str] = &[
    "swap", "home", "encryption", "encrypted", "encrypt", "luks", "btrfs", "xfs", "ext4", "boot", "efi",
    "separate", "verschlusselung", "chiffrement", "cifrado", "partition", "partitions", "sudo", "admin",
    "root",
];

/// To harm what is there, folded.
const DESTROYS: &[&str] =
    &["touch", "erase", "wipe", "format", "overwrite", "delete", "remove", "harm", "lose", "damage"];

/// No to a boot loader, beside the shared words: "skip grub".
const NO_LOADER: &[&str] = &[
    "not", "dont", "no", "without", "skip", "never", "leave", "omit", "ohne", "kein", "keinen", "nicht",
    "sans", "pas", "sin", "senza",
];

/// Fear, and what others said or did, folded.
const TOLD: &[&str] = &[
    "afraid", "scared", "fear", "worried", "hate", "disaster", "precious", "sacred", "angst", "peur",
    "miedo", "circumstances", "no way", "last time", "he said", "she said", "friend said", "brother said",
    "they said", "told me", "not beside", "not next to",
];

/// What happened, where it is no wish to end here.
const HAPPENED: &[&str] = &[
    "rebooted", "restarted", "crashed", "exited", "finished yesterday", "yesterday", "gestern", "on reboot",
    "after reboot",
];

/// Against whom one encrypts, folded.
const THIEVES: &[&str] = &[
    "steal", "steals", "stolen", "thief", "thieves", "nicked", "robbed", "read", "reads", "lost", "snoop",
    "peek", "look", "see", "access", "police", "gestohlen", "vole", "robado", "private", "secret", "safe",
    "locked", "lock",
];

/// Questions about what will be, their mark left out.
const BECOMES: &[&str] = &["wird", "werden", "wurde", "sera", "est", "hat"];

/// The last clause of a sentence that takes it back.
const WITHDRAWN: &[&str] = &[
    "dont", "do not", "no dont", "no wait dont", "wait dont", "dont do it", "never mind", "nevermind",
    "forget it", "forget that", "cancel that", "scrap that", "actually dont", "actually no", "doch nicht",
    "nein doch nicht", "lieber nicht",
];

/// What is said to a sentence that wishes for nothing of what it names.
pub(super) fn asked(text: &str, actions: &[InstallerAction]) -> Option<String> {
    if !actions.iter().any(changes) {
        return None;
    }
    let folded = fold(text);
    let clauses = clauses(text);
    if clauses.len() > 1 && clauses.last().is_some_and(|last| WITHDRAWN.contains(&last.as_str())) {
        return Some("All right, nothing of that is done. What shall I do instead?".into());
    }
    let ends = actions.iter().all(|action| {
        matches!(action, InstallerAction::Reboot | InstallerAction::Exit | InstallerAction::Finish)
    });
    let erases = actions.iter().any(|action| match action {
        InstallerAction::Partition(request) => request.usage == Use::Whole,
        action => matches!(action, InstallerAction::Format { .. }),
    });
    let spares = !erases && actions.iter().any(|action| matches!(action, InstallerAction::Partition(_)));
    let loads = actions.iter().any(|action| matches!(action, InstallerAction::InstallBootloader { .. }));
    let encrypts =
        actions.iter().any(|action| matches!(action, InstallerAction::Partition(request) if request.encrypt));
    let is_marked = |clause: &String| {
        (actions.iter().any(can_be_refused) && is_refused(clause, spares))
            || (loads
                && has_any(clause, &["boot", "bootloader", "grub", "loader"])
                && has_any(clause, NO_LOADER))
            || ((erases || ends) && has_any(clause, TOLD))
            || (ends && has_any(clause, HAPPENED))
            || refuses_a_password(clause, actions)
    };
    let wishes = |clause: &String| !is_marked(clause) && has_any(clause, VERBS);
    if clauses.iter().any(is_marked) && !clauses.iter().any(wishes) {
        return Some("I do not hear a wish to do that, so nothing is done. What shall I do?".into());
    }
    let first = folded.split(' ').next().unwrap_or_default();
    let suggests = has_any(&folded, &["why dont", "why not"]);
    if erases && !suggests && (ASKS.contains(&first) || BECOMES.contains(&first)) {
        return Some("Nothing is erased before you said so. What shall I do?".into());
    }
    let mine = has_any(&folded, &["my", "our", "meine", "mes", "mis"]);
    // "My thesis, when this is stolen" is a wish to encrypt.
    let guards = encrypts && has_any(&folded, THIEVES);
    // "100 gigs for the system, the rest for my stuff" lays out.
    let lays_out = has_any(&folded, &["rest", "root", "home", "gb", "gig", "gigs", "space"])
        || folded.split(' ').any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    if erases
        && mine
        && !guards
        && !lays_out
        && has_any(&folded, FILES)
        && !clauses.iter().any(|clause| has_any(clause, VERBS))
    {
        return Some("Your data stays as long as you do not ask for that disk. What shall I do?".into());
    }
    None
}

/// True for what changes or ends something when it is done.
fn changes(action: &InstallerAction) -> bool {
    use InstallerAction as A;
    !matches!(
        action,
        A::ListDisks
            | A::Clarify { .. }
            | A::Explain { .. }
            | A::Help
            | A::Status
            | A::RunShellCommand { .. }
            | A::Confirm
            | A::Cancel
    )
}

/// To mount keeps what is there; how a password is refused is looked at apart.
const fn can_be_refused(action: &InstallerAction) -> bool {
    !matches!(action, InstallerAction::Mount { .. } | InstallerAction::SetPassword { .. })
}

fn clauses(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parted = [
        " but ", " and ", " then ", " aber ", " und ", " sondern ", " mais ", " et ", " pero ", " y ", " so ",
    ]
    .iter()
    .fold(lower, |text, joint| text.replace(joint, ", "));
    parted.split([',', ';', '.', '!', '?', ':', '\n']).map(fold).filter(|clause| !clause.is_empty()).collect()
}

/// "I do not want to install", "installiere nicht".
fn is_refused(clause: &str, spares: bool) -> bool {
    let words: Vec<&str> = clause.split(' ').collect();
    // "Don't touch windows" refuses no layout that spares it.
    if spares && words.iter().any(|word| DESTROYS.contains(word)) {
        return false;
    }
    if words.iter().any(|word| OPTIONS.contains(word)) {
        return false;
    }
    let verb = |word: &&str| VERBS.contains(word);
    words.iter().enumerate().any(|(at, word)| {
        let behind = &words[at + 1..(at + 6).min(words.len())];
        let suggests = at > 0 && words[at - 1] == "why";
        let no = NOT.contains(word)
            || matches!(*word, "ne" | "n")
            || (*word == "no"
                && behind.first().is_some_and(|next| matches!(*next, "instales" | "borres" | "uses")));
        (no && !suggests
            && !behind.first().is_some_and(|next| HARMLESS.contains(next))
            && behind.iter().any(verb))
            || (verb(word) && behind.iter().take(4).any(|word| NOT_BEHIND.contains(word)))
    })
}

/// "Bob doesn't need a password", "log in automatically".
fn refuses_a_password(clause: &str, actions: &[InstallerAction]) -> bool {
    let sets = actions.iter().any(|action| matches!(action, InstallerAction::SetPassword { .. }));
    // "No root password please".
    let words: Vec<&str> = clause.split(' ').collect();
    let none = words.windows(3).any(|three| matches!(three[0], "no" | "without") && three[2] == "password");
    if sets && none {
        return true;
    }
    sets && has_any(
        clause,
        &[
            "no password", "need a password", "need password", "without a password", "without password",
            "automatically",
        ],
    ) && has_any(clause, &["no", "not", "doesnt", "dont", "without", "automatically", "never"])
}
