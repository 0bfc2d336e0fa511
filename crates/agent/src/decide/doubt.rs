//! Sentences that name what would be erased and still are no wish to erase it: forbidden, tied to a condition, told of
//! the past, about a part of the disk, asked. Whoever has read them, the person is asked.

use levitate_core::action::{InstallerAction, Use};
use levitate_core::lists::fold;

use super::stake::risked;
use super::{Decision, share, unheard, unwished};
use crate::words::{EMPTY, FILES, REMOVES, has_any};
use crate::{Answer, Context, ground, rules};

/// The decision, or what has to be asked before it.
pub(super) fn asked(text: &str, ctx: &Context<'_>, decision: Decision) -> Decision {
    let Answer::Actions(actions) = &decision.answer else { return decision };
    let words = Words::of(text);
    if let Some(answer) = words.only_asks(actions) {
        return Decision { answer: Answer::Text(answer), open: Vec::new(), ..decision };
    }
    if let Some(answer) = words.opens_what_is_locked(actions) {
        return Decision { answer: Answer::Text(answer), open: Vec::new(), ..decision };
    }
    if let Some(question) = unheard::beforehand(text, actions, ctx) {
        return decision.completing(question);
    }
    if let [InstallerAction::Clarify { question }] = &actions[..] {
        return match words.wants_a_change(question) {
            Some(question) => decision.asking(question),
            None => decision,
        };
    }
    if words.percent && actions.iter().any(|action| matches!(action, InstallerAction::Partition(_))) {
        let question = "How many GB is that? Say each size in GB, or \"half\", or \"the rest\", for example \"root 100G, home the rest\".".to_owned();
        return decision.without_sizes(question);
    }
    if let Some(question) = unwished::asked(text, actions) {
        return decision.dropping(question);
    }
    if unheard::is_bared(text, actions, ctx) {
        let question = "I do not hear what shall change; the plan waits as it was shown. Yes or no to it? (To drop its \
                        encryption, say \"without encryption\".)";
        return decision.dropping(question.into());
    }
    if let Some(question) = share::asked(text, actions, ctx.machine) {
        return decision.asking(question);
    }
    if let Some(question) = erasing(text, &words, &decision.answer, ctx) {
        return decision.asking(question);
    }
    if let Some(question) = unheard::asked(text, actions, ctx) {
        return decision.completing(question);
    }
    decision
}

/// The question before something is erased that was forbidden, or that nobody asked for now.
fn erasing(text: &str, words: &Words, answer: &Answer, ctx: &Context<'_>) -> Option<String> {
    let Answer::Actions(actions) = answer else { return None };
    let (disk, partition) = erased(actions, ctx)?;
    let harms = |banned: &String| match &partition {
        Some(partition) => banned == partition || *banned == disk,
        None => ctx.machine.partition(banned).map_or(banned, |(of, _)| &of.path) == &disk,
    };
    if rules::banned(text, ctx).iter().any(harms) {
        let disk = partition.as_ref().unwrap_or(&disk);
        return Some(format!(
            "You said something about leaving {disk} alone, and that would erase it. Which disk shall I use? To erase it \
             all the same, say \"erase {}\".",
            disk.trim_start_matches("/dev/")
        ));
    }
    let carries = ctx.machine.disk(&disk).is_some_and(levitate_core::machine::Disk::carries_data);
    if carries && partition.is_none() && words.keeps_files() {
        return Some(format!(
            "Nothing on {disk} can be kept when it is erased, your files neither. Shall I make room beside what is there or \
             erase all of it?"
        ));
    }
    if carries && partition.is_none() && words.is_about_a_part() {
        return Some(format!(
            "I do not delete single partitions: I erase all of a disk, use what is free on it, make room beside a system, or \
             format one partition (\"format {}1 as ext4\"). What shall I do?",
            disk.trim_start_matches("/dev/")
        ));
    }
    let doubtful = words.is_tied() || words.is_past() || (carries && words.is_about_a_part());
    doubtful.then(|| {
        risked(answer, ctx).unwrap_or_else(|| format!("That erases {disk}. Shall I do it: yes or no?"))
    })
}

/// The disk that the actions would erase, wholly or the partition of it.
fn erased(actions: &[InstallerAction], ctx: &Context<'_>) -> Option<(String, Option<String>)> {
    actions.iter().find_map(|action| match action {
        InstallerAction::Partition(request) if request.usage == Use::Whole => {
            Some((request.disk.clone(), None))
        }
        InstallerAction::Format { partition, .. } => {
            ctx.machine.partition(partition).map(|(disk, _)| (disk.path.clone(), Some(partition.clone())))
        }
        _ => None,
    })
}

/// Shares that have no reading of their own, folded; "half" has one.
const FRACTIONS: &[&str] = &[
    "a third", "one third", "two thirds", "thirds", "a quarter", "one quarter", "three quarters", "quarters",
    "a fifth", "fifty fifty", "50 50", "half each", "half for each", "ein drittel", "zwei drittel",
    "ein viertel", "drei viertel", "un tiers", "deux tiers", "un quart", "trois quarts", "un tercio",
    "dos tercios", "un cuarto", "un terzo", "due terzi", "un quarto",
];

/// A sentence, folded.
struct Words {
    folded: String,
    asks: bool,
    /// A share that is not all of it: "50%", "20 percent".
    percent: bool,
}

impl Words {
    fn of(text: &str) -> Self {
        let folded = fold(text);
        let share = |(before, _): (&str, &str)| {
            let digits = before.trim_end().rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            !digits.is_empty() && digits != "100"
        };
        let percent = ["%", "percent", "per cent", "prozent", "pour cent", "por ciento"]
            .iter()
            .any(|sign| text.split_once(sign).is_some_and(share))
            || has_any(&folded, FRACTIONS);
        Self { folded, asks: text.trim_end().ends_with('?'), percent }
    }

    fn any(&self, phrases: &[&str]) -> bool {
        has_any(&self.folded, phrases)
    }

    fn list(&self) -> Vec<&str> {
        self.folded.split(' ').collect()
    }

    /// "If sdb is empty wipe it", "wipe it tomorrow".
    fn is_tied(&self) -> bool {
        let tied =
            self.any(&["if", "unless", "wenn", "falls", "si", "se", "als", "jesli", "only when", "in case"]);
        let to = self.any(EMPTY)
            || self.any(&[
                "has data", "no data", "nothing on it", "possible", "it works", "necessary", "it fails",
            ]);
        let list = self.list();
        let ends = [list.first(), list.last()].into_iter().flatten();
        let later = ends.copied().any(|word| {
            let later =
                ["tomorrow", "later", "tonight", "morgen", "demain", "manana", "domani", "jutro", "spater"];
            later.contains(&word)
        });
        let unknown = self
            .any(&["if there", "if theres", "if it has", "unless there", "wenn da", "falls da", "sil y a"]);
        (tied && to) || unknown || later
    }

    /// "I already wiped sda yesterday": nothing else is wished for.
    fn is_past(&self) -> bool {
        let list = self.list();
        let done =
            |word: &str| matches!(word, "wiped" | "erased" | "formatted" | "deleted" | "lost" | "destroyed");
        let who = |word: &str| {
            matches!(
                word,
                "i" | "you" | "we" | "he" | "she" | "they" | "already" | "was" | "were" | "been" | "just"
            )
        };
        let past = list.windows(2).any(|pair| who(pair[0]) && done(pair[1]))
            || list
                .windows(3)
                .any(|three| who(three[0]) && done(three[2]) && matches!(three[1], "already" | "just"));
        past && !self
            .any(&["install", "use", "put", "take", "want", "please", "wipe", "erase", "format", "go", "be"])
    }

    /// "Remove only the recovery partition", "get rid of windows update".
    fn is_about_a_part(&self) -> bool {
        let wipes = self
            .any(&["erase", "wipe", "format", "clear", "losche", "loschen", "efface", "borra", "cancella"]);
        let only = self.any(&["only", "just", "nur", "seulement", "solo", "alleen"]);
        let takes = self.any(REMOVES) || self.any(&["get rid"]) || (wipes && only);
        let part = self.any(&["partition", "volume", "particion", "partizione", "partitie"])
            && !self.any(&[
                "all", "every", "each", "whole", "entire", "everything", "alle", "table", "disk", "drive",
            ]);
        let of_windows = [
            "update", "updates", "password", "key", "license", "licence", "theme", "recovery", "defender",
            "store", "games",
        ];
        (takes && part) || of_windows.iter().any(|thing| self.any(&[&format!("windows {thing}")]))
    }

    /// "Keep my documents and wipe windows".
    fn keeps_files(&self) -> bool {
        let keeps = [
            "keep", "save", "preserve", "keeping", "without losing", "dont lose", "behalte", "behalten",
            "garde", "garder",
        ];
        let whose = ["", "my ", "the ", "all my ", "our ", "meine ", "mes "];
        let kept = |file: &&str| {
            keeps.iter().any(|keep| whose.iter().any(|whose| self.any(&[&format!("{keep} {whose}{file}")])))
        };
        FILES.iter().any(kept)
    }

    /// "Unlock the encrypted partition", "shrink the luks partition".
    fn opens_what_is_locked(&self, actions: &[InstallerAction]) -> Option<String> {
        let locked = self.any(&[
            "encrypted", "luks", "bitlocker", "crypt", "verschlusselte", "verschlusselten", "chiffree",
            "cifrada", "cifrata",
        ]);
        let opens = self.any(&[
            "unlock", "decrypt", "open", "reuse", "shrink", "resize", "entsperre", "entsperren",
            "entschlussele", "dechiffre", "deverrouille", "desbloquea", "sblocca", "ontgrendel",
        ]);
        let disks = |action: &InstallerAction| match action {
            InstallerAction::Partition(request) => !request.encrypt,
            action => matches!(
                action,
                InstallerAction::Clarify { .. }
                    | InstallerAction::Mount { .. }
                    | InstallerAction::Format { .. }
            ),
        };
        (locked && opens && actions.iter().all(disks)).then(|| {
            "I do not open, reuse or shrink what is encrypted already; it stays as it is. I can use another disk or what is \
             free, or erase it (\"list disks\" shows what there is)."
                .into()
        })
    }

    /// "Will you reboot?" wants to know, and does not wish.
    fn only_asks(&self, actions: &[InstallerAction]) -> Option<String> {
        use InstallerAction as A;
        let acts = actions.iter().any(|action| {
            matches!(
                action,
                A::Reboot
                    | A::Finish
                    | A::Exit
                    | A::CopySystem
                    | A::InstallBootloader { .. }
                    | A::Undo
                    | A::Confirm
            )
        });
        let opens = [
            "will you", "will it", "are you going", "do you", "does it", "did you", "did it", "have you",
            "has it", "is it", "does this", "will this", "when will", "when do", "why ",
        ];
        let open = opens.iter().any(|open| self.folded.starts_with(open));
        (self.asks && acts && open && !self.any(&["please", "mind", "pls"])).then(|| {
            "Only when you say so: nothing is done before that. Say \"status\" to see where we are.".into()
        })
    }

    /// A change that came to nothing is no question for a yes: "yes but leave 100G free".
    fn wants_a_change(&self, question: &str) -> Option<String> {
        if question != ground::SAYS_ALREADY {
            return None;
        }
        let list = self.list();
        let number = list.iter().any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        if matches!(list.first(), Some(&"no" | &"nein" | &"non" | &"nope" | &"nee")) {
            return Some(
                "I did not understand what you want instead of the plan that waits. Say \"no\" to drop it."
                    .into(),
            );
        }
        (number || self.any(&["but", "leave", "half", "less", "more", "slow", "not", "aber", "mais", "pero", "smaller", "bigger"]))
            .then(|| {
                "I cannot change the plan like that; it waits as it was shown. Say it another way, or yes or no to the plan."
                    .into()
            })
    }
}
