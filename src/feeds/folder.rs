//! A watched folder: files that are whole, and new or changed.
//!
//! A file counts as whole when nobody has written to it for [`SETTLED`]; names that begin with a dot or end in
//! `.part`, `.tmp`, `.filepart` or `~` are a sender's work in progress. Files stay where they are. Folders inside are
//! not looked into.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Duration, Utc};

use super::PullError;

/// A file younger than this may still be written to.
const SETTLED: Duration = Duration::seconds(5);
const UNFINISHED: [&str; 4] = [".part", ".tmp", ".filepart", "~"];

/// A file to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub name: String,
    pub path: PathBuf,
    /// Size and time of the last change.
    pub fingerprint: String,
}

/// Files whose fingerprint is not the known one, oldest first.
///
/// # Errors
/// When the folder can't be read.
pub fn waiting(folder: &Path, known: &HashMap<String, String>, now: DateTime<Utc>) -> Result<Vec<Waiting>, PullError> {
    let failed = |why| PullError::File { path: folder.display().to_string(), why };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        // A name that is no text can't be told to anybody; a file that is gone again is no file.
        let (Ok(name), Ok(about)) = (entry.file_name().into_string(), fs::metadata(entry.path())) else { continue };
        if !about.is_file() || name.starts_with('.') || UNFINISHED.iter().any(|end| name.ends_with(end)) {
            continue;
        }
        let changed = DateTime::<Utc>::from(about.modified().map_err(failed)?);
        if now - changed < SETTLED {
            continue;
        }
        let fingerprint = format!("{} bytes, {}", about.len(), changed.to_rfc3339());
        if known.get(&name) != Some(&fingerprint) {
            found.push((changed, Waiting { name, path: entry.path(), fingerprint }));
        }
    }
    // What was written first is told first: a correction comes after what it corrects.
    found.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
    Ok(found.into_iter().map(|(_, file)| file).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_files_come_once_in_the_order_they_were_written_and_again_when_they_change() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", ".hidden.csv", "c.csv.part", "d.csv~"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        fs::create_dir(folder.path().join("old")).unwrap();
        let written = fs::metadata(folder.path().join("a.csv")).unwrap().modified().unwrap();
        let earlier = written - std::time::Duration::from_secs(60);
        fs::File::options().write(true).open(folder.path().join("b.csv")).unwrap().set_modified(earlier).unwrap();
        let now = DateTime::<Utc>::from(written);
        let mut known = HashMap::new();
        let names = |known: &HashMap<String, String>, now| -> Vec<String> {
            waiting(folder.path(), known, now).unwrap().into_iter().map(|f| f.name).collect()
        };
        assert_eq!(names(&known, now), ["b.csv"], "the other may still be written to");
        let later = now + Duration::seconds(60);
        let found = waiting(folder.path(), &known, later).unwrap();
        assert_eq!(found.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["b.csv", "a.csv"]);
        known.extend(found.into_iter().map(|f| (f.name, f.fingerprint)));
        assert_eq!(names(&known, later), Vec::<String>::new());
        fs::write(folder.path().join("b.csv"), "longer").unwrap();
        assert_eq!(names(&known, later), ["b.csv"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = waiting(Path::new("/no/such/folder"), &HashMap::new(), DateTime::UNIX_EPOCH).unwrap_err();
        assert!(error.to_string().starts_with("/no/such/folder: "), "{error}");
    }
}
