//! The key that signs checkpoints: a file of its own in the data folder, readable by its owner only.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::record::{from_hex, to_hex};
use crate::registry::RegistryFault;

/// Signs checkpoints (Ed25519).
pub struct CheckpointKey(SigningKey);

impl CheckpointKey {
    /// Reads the key of a file, which is made on first use, with mode 0600.
    ///
    /// - `fresh`: 32 bytes of the operating system's randomness; asked only where there is no file yet.
    ///
    /// # Errors
    ///
    /// [`RegistryFault::Io`], and [`RegistryFault::Key`] for a file that holds something else.
    pub fn open_or_make(
        path: &Path,
        fresh: impl FnOnce() -> io::Result<[u8; 32]>,
    ) -> Result<Self, RegistryFault> {
        let fault = |source| RegistryFault::io(path, source);
        if !path.exists() {
            make(path, &fresh().map_err(fault)?).map_err(fault)?;
        }
        let text = fs::read_to_string(path).map_err(fault)?;
        let secret = from_hex(text.trim_end()).ok_or_else(|| RegistryFault::Key { path: path.to_owned() })?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    /// What signatures are checked with.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> String {
        to_hex(&self.0.sign(bytes).to_bytes())
    }
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointKey({})", self.public())
    }
}

/// Writes a new key under another name and links it into place whole; a key that somebody else made meanwhile stays.
fn make(path: &Path, secret: &[u8; 32]) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.new", std::process::id()));
    let unfinished = Path::new(&unfinished);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(unfinished)?;
    writeln!(file, "{}", to_hex(secret))?;
    file.sync_all()?;
    let linked = fs::hard_link(unfinished, path);
    fs::remove_file(unfinished)?;
    if let Err(error) = linked
        && error.kind() != ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Checks the signatures of checkpoints; its text is 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads its text; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        VerifyingKey::from_bytes(&from_hex(text)?).ok().map(Self)
    }

    pub(super) fn signed(self, bytes: &[u8], signature: &str) -> bool {
        let signature = from_hex(signature).map(|bytes| Signature::from_bytes(&bytes));
        signature.is_some_and(|signature| self.0.verify_strict(bytes, &signature).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&to_hex(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
