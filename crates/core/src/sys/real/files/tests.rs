use super::*;
use std::fs;

fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    (dir, root)
}

#[test]
fn a_write_replaces_the_whole_file_and_leaves_nothing_beside_it() {
    let (_dir, root) = place();
    let path = root.join("etc/deep/hostname");
    write(&path, b"one", 0o600).unwrap();
    write(&path, b"two", 0o644).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(kind(&path).unwrap(), Some(FileKind::File(0o644)));
    assert_eq!(list(path.parent().unwrap()).unwrap(), ["hostname"]);
}

#[test]
fn a_write_replaces_a_link_and_never_goes_through_it() {
    let (_dir, root) = place();
    let (outside, link) = (root.join("outside"), root.join("resolv.conf"));
    fs::write(&outside, "keep").unwrap();
    symlink(&outside, &link).unwrap();
    write(&link, b"new", 0o644).unwrap();
    assert_eq!(fs::read(&outside).unwrap(), b"keep");
    symlink(&outside, &link).unwrap();
    assert!(append(&link, b"x", 0o600).is_err());
    assert_eq!(kind(&link).unwrap(), Some(FileKind::Link(outside)));
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_temporary() {
    let (_dir, root) = place();
    let path = root.join("dir");
    fs::create_dir_all(path.join("full")).unwrap();
    assert!(write(&path, b"x", 0o644).is_err());
    assert_eq!(list(&root).unwrap(), ["dir"]);
}

#[test]
fn an_append_adds_at_the_end() {
    let (_dir, root) = place();
    let path = root.join("journal");
    append(&path, b"1\n", 0o600).unwrap();
    append(&path, b"2\n", 0o600).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"1\n2\n");
    assert_eq!(kind(&path).unwrap(), Some(FileKind::File(0o600)));
}

#[test]
fn a_removal_follows_no_link_and_spares_mounts() {
    let (_dir, root) = place();
    fs::create_dir_all(root.join("kept")).unwrap();
    fs::write(root.join("kept/file"), "x").unwrap();
    fs::create_dir_all(root.join("gone/sub")).unwrap();
    symlink(&root.join("kept"), &root.join("gone/link")).unwrap();
    let error = remove(&root.join("gone"), &[root.join("gone/sub")]).unwrap_err();
    assert!(error.to_string().contains("mounted at"), "{error}");
    assert!(root.join("gone/sub").exists());
    // Beside it is not below it.
    remove(&root.join("gone"), &[root.join("gone2"), root.clone()]).unwrap();
    assert_eq!(list(&root).unwrap(), ["kept"]);
    assert!(root.join("kept/file").exists());
    remove(&root.join("gone"), &[]).unwrap();
    for path in ["/", "relative", "/tmp/../etc"] {
        assert!(remove(Path::new(path), &[]).is_err(), "{path}");
    }
}

#[test]
fn a_directory_has_its_mode_and_its_parents_have_theirs() {
    let (_dir, root) = place();
    create_dir(&root.join("home/vince/.ssh"), 0o700).unwrap();
    create_dir(&root.join("home/vince/.ssh"), 0o755).unwrap();
    let mode = |path: &str| fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("home/vince/.ssh"), mode("home/vince")), (0o700, 0o755));
    assert_eq!(kind(&root.join("home")).unwrap(), Some(FileKind::Directory));
    assert_eq!(kind(&root.join("none/at/all")).unwrap(), None);
    assert!(list(&root.join("none")).unwrap().is_empty());
}

#[test]
fn a_file_system_has_a_size() {
    let usage = usage(Path::new("/")).unwrap();
    assert!(usage.used > 0 && usage.used <= usage.total);
}
