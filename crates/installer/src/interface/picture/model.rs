//! A disk, or a plan for it, as segments.

use levitate_core::layout::{TargetLayout, Volume};
use levitate_core::machine::{Disk, FreeRegion, Partition, PartitionKind};
use levitate_core::names::printable;
use levitate_core::plan::{Plan, volume_words};
use levitate_core::size::GIB;
use levitate_core::step::Step;
use levitate_core::step::disk::MakeFilesystem;
use levitate_core::table::{NewPartition, TableEdit};

use super::{Bar, Fate, Picture, Segment};
use crate::interface::disks::{disk_line, holds};

impl Picture {
    /// The disk as it is.
    pub fn of_disk(disk: &Disk) -> Self {
        let segments = segments(disk, |partition| (holds(partition), Fate::Stays));
        Self { title: title(disk), bars: vec![Bar { name: None, segments }] }
    }

    /// The disk as it is and as the plan leaves it. `None` where the plan neither changes its table nor makes a file
    /// system on it; copying files into what is there changes no picture.
    pub fn of_plan(before: &Disk, plan: &Plan) -> Option<Self> {
        let change = Change::of(before, plan)?;
        let now = segments(before, |partition| (holds(partition), change.fate(partition)));
        let after = change.after();
        let after = segments(&after, |partition| change.became(partition));
        let bars =
            vec![Bar { name: Some("now"), segments: now }, Bar { name: Some("after"), segments: after }];
        Some(Self { title: title(before), bars })
    }
}

fn title(disk: &Disk) -> String {
    disk_line(disk).chars().filter(|c| !c.is_control()).collect()
}

/// What a plan changes on one disk.
struct Change<'a> {
    disk: &'a Disk,
    edit: Option<&'a TableEdit>,
    shrink: Option<(u32, u64)>,
    formats: Vec<&'a MakeFilesystem>,
    layout: Option<&'a TargetLayout>,
}

impl<'a> Change<'a> {
    fn of(disk: &'a Disk, plan: &'a Plan) -> Option<Self> {
        let edit = plan.steps.iter().find_map(|step| match step {
            Step::WriteTable(step) if step.disk == disk.path => Some(&step.edit),
            _ => None,
        });
        let old = |path: &str| disk.partitions.iter().find(|partition| partition.path == path);
        let shrink = plan.steps.iter().find_map(|step| match step {
            Step::WriteTable(step) if step.disk == disk.path => match &step.edit {
                TableEdit::Change { shrink, .. } => *shrink,
                TableEdit::Create { .. } => None,
            },
            Step::ShrinkFilesystem(step) => old(&step.partition).map(|p| (p.number, step.to_bytes)),
            _ => None,
        });
        let made = plan.steps.iter().filter_map(|step| match step {
            Step::MakeFilesystem(step) => old(&step.partition).map(|_| step),
            _ => None,
        });
        let formats: Vec<_> = made.collect();
        let touches = edit.is_some() || shrink.is_some() || !formats.is_empty();
        touches.then_some(Self { disk, edit, shrink, formats, layout: plan.layout.as_ref() })
    }

    /// What becomes of a partition that is there.
    fn fate(&self, partition: &Partition) -> Fate {
        let new_table = matches!(self.edit, Some(TableEdit::Create { .. }));
        if new_table || self.formats.iter().any(|step| step.partition == partition.path) {
            return Fate::Dies;
        }
        match self.shrink {
            Some((number, to)) if number == partition.number => {
                Fate::Shrinks { from: partition.size_bytes, to }
            }
            _ => Fate::Stays,
        }
    }

    /// The disk when the plan is done; of new partitions only place and kind.
    fn after(&self) -> Disk {
        let mut disk = self.disk.clone();
        if let Some((number, to)) = self.shrink {
            for partition in disk.partitions.iter_mut().filter(|partition| partition.number == number) {
                partition.size_bytes = to;
            }
        }
        let made = match self.edit {
            Some(TableEdit::Create { kind, partitions, .. }) => {
                disk.table = Some(*kind);
                disk.partitions.clear();
                partitions.as_slice()
            }
            Some(TableEdit::Change { add, .. }) => add,
            None => &[],
        };
        let made: Vec<_> = made.iter().map(|new| partition(&disk, new)).collect();
        disk.partitions.extend(made);
        disk
    }

    /// What a partition is when the plan is done.
    fn became(&self, partition: &Partition) -> (String, Fate) {
        let volume = self.volume(partition);
        let old = self.disk.partitions.iter().find(|old| old.path == partition.path);
        let fate = old.map_or(Fate::New, |old| self.fate(old));
        match (fate, volume) {
            (Fate::New | Fate::Dies, Some(volume)) if volume.make || volume.fs.is_none() => {
                (volume_words(volume), Fate::New)
            }
            (Fate::New | Fate::Dies, _) => (self.formatted(partition), Fate::New),
            (fate, Some(volume)) if volume.role() == "EFI" => (format!("{}, shared", holds(partition)), fate),
            (fate, Some(volume)) => (format!("{}, used as {}", holds(partition), volume.role()), fate),
            (fate, None) => (holds(partition), fate),
        }
    }

    fn volume(&self, partition: &Partition) -> Option<&Volume> {
        self.layout?.volumes.iter().find(|volume| volume.partition == partition.path)
    }

    fn formatted(&self, partition: &Partition) -> String {
        let step = self.formats.iter().find(|step| step.partition == partition.path);
        let fs = step.map(|step| step.fs.name()).unwrap_or_default();
        match self.volume(partition) {
            Some(volume) if volume.role() != fs => format!("{fs} {}", volume.role()),
            _ => fs.to_string(),
        }
    }
}

fn partition(disk: &Disk, new: &NewPartition) -> Partition {
    Partition {
        path: disk.partition_path(new.number),
        number: new.number,
        start_bytes: new.start_bytes,
        size_bytes: new.size_bytes,
        kind: new.kind,
        fs: None,
        label: None,
        uuid: None,
        used_bytes: None,
        os: None,
        problems: Vec::new(),
    }
}

/// The partitions of a disk and the space between them, in the order of the disk. An extended partition is a box for
/// others and is not drawn beside them.
fn segments(disk: &Disk, told: impl Fn(&Partition) -> (String, Fate)) -> Vec<Segment> {
    let drawn = disk.partitions.iter().filter(|partition| partition.kind != PartitionKind::Extended);
    let mut placed: Vec<(u64, Segment)> = drawn
        .map(|partition| {
            let label = printable(partition.path.trim_start_matches("/dev/"));
            let (what, fate) = told(partition);
            (partition.start_bytes, Segment { label, what, bytes: partition.size_bytes, fate })
        })
        .collect();
    placed.extend(free(disk).into_iter().map(|(at, bytes, what)| (at, nobodys(bytes, what))));
    placed.sort_by_key(|(start, _)| *start);
    if placed.is_empty() {
        return vec![nobodys(disk.size_bytes, "")];
    }
    placed.into_iter().map(|(_, segment)| segment).collect()
}

fn nobodys(bytes: u64, what: &str) -> Segment {
    Segment { label: "free".into(), what: what.into(), bytes, fate: Fate::Free }
}

/// Free space that is worth a look: start, bytes and a remark. Gaps of alignment are none.
fn free(disk: &Disk) -> Vec<(u64, u64, &'static str)> {
    let worth = |region: &FreeRegion| region.size >= GIB || region.size >= disk.size_bytes / 50;
    let outside = disk.free_regions().into_iter().filter(worth);
    let mut free: Vec<_> = outside.map(|region| (region.start, region.size, "")).collect();
    for extended in disk.partitions.iter().filter(|p| p.kind == PartitionKind::Extended) {
        let mut inside = disk.clone();
        let (start, end) = (extended.start_bytes, extended.end_bytes());
        inside.partitions.retain(|p| p.kind != PartitionKind::Extended);
        // Everything outside the box is taken.
        for (from, to) in [(0, start), (end, disk.size_bytes)] {
            let taken =
                Partition { start_bytes: from, size_bytes: to.saturating_sub(from), ..extended.clone() };
            inside.partitions.push(taken);
        }
        let regions = inside.free_regions().into_iter().filter(worth);
        free.extend(regions.map(|region| (region.start, region.size, "in the extended partition")));
    }
    free
}
