//! Pictures of any disk and any change.

use levitate_core::action::Use;
use levitate_core::machine::{Disk, PartitionKind, TableKind};
use levitate_core::plan::Plan;
use levitate_core::step::Step;
use levitate_core::table::{NewPartition, TableEdit};
use proptest::prelude::*;

use super::Picture;
use super::tests::{disk, machine, part, partition, planned, said};

fn any_disk() -> impl Strategy<Value = Disk> {
    let kind = prop_oneof![
        Just(PartitionKind::Linux),
        Just(PartitionKind::Extended),
        Just(PartitionKind::Esp),
        Just(PartitionKind::Unknown)
    ];
    let bytes = || prop_oneof![any::<u64>(), 0..(1u64 << 40), Just(0), Just(u64::MAX)];
    let one = (bytes(), bytes(), kind, ".{0,12}", any::<bool>());
    (bytes(), prop::collection::vec(one, 0..60), ".{0,30}", any::<bool>()).prop_map(
        |(size, parts, model, mbr)| {
            let parts = parts.into_iter().zip(1..).map(|((start, size, kind, text, path), number)| {
                let mut part = part(number, start, size, kind);
                part.os = Some(text.clone());
                part.label = Some(text.clone());
                if path {
                    part.path = text;
                }
                part
            });
            let mut disk = disk(1, parts.collect());
            disk.size_bytes = size;
            disk.model = Some(model);
            disk.table = Some(if mbr { TableKind::Mbr } else { TableKind::Gpt });
            disk
        },
    )
}

/// A new table or not, what is shrunk to how much, and the number, start and size of what is added.
type Wild = (bool, Option<(u32, u64)>, Vec<(u32, u64, u64)>);

/// A plan with this change of the table and whatever else a real one has.
fn any_plan() -> impl Strategy<Value = Wild> {
    let new = (1u32..130, any::<u64>(), any::<u64>());
    (any::<bool>(), prop::option::of((1u32..60, any::<u64>())), prop::collection::vec(new, 0..8))
}

fn plan_with(disk: &Disk, create: bool, shrink: Option<(u32, u64)>, new: &[(u32, u64, u64)]) -> Plan {
    let machine = machine("vm");
    let mut plan = planned(&machine, &[partition("/dev/vda", Use::Whole, |_| {})]);
    let add: Vec<_> = new
        .iter()
        .map(|&(number, start_bytes, size_bytes)| NewPartition {
            number,
            start_bytes,
            size_bytes,
            kind: PartitionKind::Linux,
            guid: String::new(),
            name: String::new(),
        })
        .collect();
    for step in &mut plan.steps {
        if let Step::WriteTable(step) = step {
            step.disk.clone_from(&disk.path);
            step.edit = if create {
                TableEdit::Create { kind: TableKind::Gpt, guid: String::new(), partitions: add.clone() }
            } else {
                TableEdit::Change { shrink, add: add.clone() }
            };
        }
    }
    plan
}

fn sound(picture: &Picture, width: usize) -> Result<(), TestCaseError> {
    for bar in &picture.bars {
        let runs = bar.cells(width);
        prop_assert_eq!(runs.iter().map(|run| run.columns).sum::<usize>(), width);
        prop_assert!(runs.iter().all(|run| run.columns > 0));
        let mut next = 0;
        for run in &runs {
            prop_assert_eq!(run.segments.start, next);
            next = run.segments.end;
        }
        prop_assert!(width == 0 || next == bar.segments.len(), "every segment is in a run");
    }
    for unicode in [true, false] {
        for row in picture.rows(width, unicode) {
            let wide = console::measure_text_width(&said(&row));
            prop_assert!(width < 12 || wide <= width, "{} > {}: {:?}", wide, width, row);
        }
    }
    prop_assert!(picture.words().iter().all(|sentence| !sentence.contains(char::is_control)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a table says, the bars have the width that was asked, nothing in them is invisible, and no row is
    /// wider than the screen.
    #[test]
    fn any_disk_can_be_drawn(disk in any_disk(), width in 0usize..200) {
        sound(&Picture::of_disk(&disk), width)?;
    }

    /// The same of any change.
    #[test]
    fn any_plan_can_be_drawn(disk in any_disk(), (create, shrink, new) in any_plan(), width in 0usize..200) {
        let plan = plan_with(&disk, create, shrink, &new);
        let picture = Picture::of_plan(&disk, &plan);
        prop_assert!(picture.is_some());
        if let Some(picture) = picture {
            sound(&picture, width)?;
        }
    }
}
