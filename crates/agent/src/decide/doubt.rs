//! Sentences that name what would be erased and still are no wish to erase it: forbidden, tied to a condition, told of
//! the past, about a part of the disk, asked. Whoever has read them, the person is asked.

use levitate_core::action::{InstallerAction, Use};
use levitate_core::lists::fold;

use super::open::harmless;
use super::stake::risked;
use super::{Decision, share, unwished};
use crate::{Answer, Context, ground, reading, rules};

/// The decision, or what has to be asked before it.
pub(super) fn asked(text: &str, ctx: &Context<'_>, decision: Decision) -> Decision {
    let Answer::Actions(actions) = &decision.answer else { return decision };
    let words = Words::of(text);
    if let Some(answer) = words.only_asks(actions) {
        return Decision { answer: Answer::Text(answer), open: Vec::new(), ..decision };
    }
    if let [InstallerAction::Clarify { question }] = &actions[..] {
        return match words.wants_a_change(question) {
            Some(question) => clarify(question, decision),
            None => decision,
        };
    }
    if words.percent && actions.iter().any(|action| matches!(action, InstallerAction::Partition(_))) {
        let question = "How many GB is that? Say each size in GB, or \"half\", or \"the rest\".".to_owned();
        return clarify(question, decision);
    }
    if let Some(question) = unwished::asked(text, actions) {
        // Nothing of what was named stays a wish.
        let answer = Answer::Actions(vec![InstallerAction::Clarify { question }]);
        return Decision { answer, open: Vec::new(), ..decision };
    }
    if let Some(question) = share::asked(text, actions, ctx.machine) {
        return clarify(question, decision);
    }
    let Some((disk, partition)) = erased(actions, ctx) else { return decision };
    let harms = |banned: &String| match &partition {
        Some(partition) => banned == partition || *banned == disk,
        None => ctx.machine.partition(banned).map_or(banned, |(of, _)| &of.path) == &disk,
    };
    if rules::banned(text, ctx).iter().any(harms) {
        let disk = partition.as_ref().unwrap_or(&disk);
        let question = format!(
            "You said something about leaving {disk} alone, and that would erase it. Which disk shall I use? To erase it \
             all the same, say \"erase {}\".",
            disk.trim_start_matches("/dev/")
        );
        return clarify(question, decision);
    }
    let carries = ctx.machine.disk(&disk).is_some_and(levitate_core::machine::Disk::carries_data);
    if words.is_tied() || words.is_past() || (carries && (words.is_about_a_part() || words.keeps_files())) {
        let question = risked(&decision.answer, ctx)
            .unwrap_or_else(|| format!("That erases {disk}. Shall I do it: yes or no?"));
        return clarify(question, decision);
    }
    decision
}

fn clarify(question: String, decision: Decision) -> Decision {
    let open = harmless(reading::parse(&decision.reading).unwrap_or_default());
    Decision { answer: Answer::Actions(vec![InstallerAction::Clarify { question }]), open, ..decision }
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

/// A sentence, folded, with a blank at both ends.
struct Words {
    folded: String,
    asks: bool,
    /// A share that is not all of it: "50%", "20 percent".
    percent: bool,
}

impl Words {
    fn of(text: &str) -> Self {
        let folded = format!(" {} ", fold(text));
        let share = |(before, _): (&str, &str)| {
            let digits = before.trim_end().rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            !digits.is_empty() && digits != "100"
        };
        let percent = ["%", "percent", "per cent", "prozent", "pour cent", "por ciento"]
            .iter()
            .any(|sign| text.split_once(sign).is_some_and(share));
        Self { folded, asks: text.trim_end().ends_with('?'), percent }
    }

    fn any(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| self.folded.contains(&format!(" {phrase} ")))
    }

    fn list(&self) -> Vec<&str> {
        self.folded.split(' ').filter(|word| !word.is_empty()).collect()
    }

    /// "If sdb is empty wipe it", "wipe it tomorrow".
    fn is_tied(&self) -> bool {
        let tied =
            self.any(&["if", "unless", "wenn", "falls", "si", "se", "als", "jesli", "only when", "in case"]);
        let to = self.any(&[
            "empty", "blank", "leer", "vide", "vacio", "vacia", "vuoto", "vuota", "leeg", "pusty",
            "has data", "no data", "nothing on it", "possible", "it works", "necessary", "it fails",
        ]);
        let list = self.list();
        let ends = [list.first(), list.last()].into_iter().flatten();
        let later = ends.copied().any(|word| {
            matches!(
                word,
                "tomorrow"
                    | "later"
                    | "tonight"
                    | "morgen"
                    | "demain"
                    | "manana"
                    | "domani"
                    | "jutro"
                    | "spater"
            )
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
        let takes = self.any(&[
            "remove", "delete", "get rid", "drop", "losche", "entferne", "supprime", "borra", "elimina",
            "rimuovi", "verwijder", "usun",
        ]);
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
        let files = [
            "documents", "docs", "files", "photos", "pictures", "music", "games", "data", "stuff", "videos",
            "mails", "fotos", "dateien", "daten", "bilder", "fichiers", "donnees", "archivos", "documenti",
            "bestanden",
        ];
        keeps.iter().any(|keep| {
            files.iter().any(|file| {
                self.any(&[
                    &format!("{keep} {file}"),
                    &format!("{keep} my {file}"),
                    &format!("{keep} the {file}"),
                    &format!("{keep} all my {file}"),
                    &format!("{keep} our {file}"),
                    &format!("{keep} meine {file}"),
                    &format!("{keep} mes {file}"),
                ])
            })
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
        let open = opens.iter().any(|open| self.folded.starts_with(&format!(" {open}")));
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
