//! What a file is, from how it begins.

/// How much of a file tells what it is.
pub(super) const START: usize = 4096;

/// What a file looks like from its first bytes.
pub(super) enum Looks {
    Nothing,
    /// What is not read, and why.
    Other(&'static str),
    Json,
    Table,
}

impl Looks {
    pub(super) fn of(start: &[u8]) -> Looks {
        let marked = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
        let nothing = !start.is_empty() && start.iter().all(|byte| *byte == 0);
        if nothing {
            return Looks::Other("the file is empty but for zeros, as after a broken copy: fetch it again");
        }
        if marked || matches!(start, [0, _, 0, _, ..] | [_, 0, _, 0, ..]) {
            return Looks::Other("the file is UTF-16: save it as UTF-8 (in PowerShell: `-Encoding utf8`)");
        }
        if start.starts_with(b"PK\x03\x04") || start.starts_with(&[0x1f, 0x8b]) {
            return Looks::Other(
                "the file is an archive or a spreadsheet within an archive: unpack it first",
            );
        }
        if start.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
            return Looks::Other(
                "the file is a spreadsheet of an old kind, or protected: save it as .xlsx or CSV",
            );
        }
        let text = start.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(start).trim_ascii_start();
        match text.first() {
            None if start.len() < START => Looks::Nothing,
            // So much space says nothing; what reads JSON passes over it.
            None | Some(b'[' | b'{') => Looks::Json,
            Some(_) => Looks::Table,
        }
    }
}
