//! Checkpoints: their key, their signature, their JSON.

use std::path::Path;

use pal_store::registry::audit::{Checkpoint, CheckpointKey, CheckpointProblem, OPERATOR_CHAIN};
use pal_store::registry::{FILE_NAME, PartnerPolicy, RegistryFault};

use crate::world::{TestClock, directory, open, partner, principal, request, tenant};

pub(crate) fn key(folder: &Path) -> CheckpointKey {
    CheckpointKey::open_or_make(&folder.join("checkpoint.key"), || Ok([7; 32])).unwrap()
}

#[test]
fn a_key_is_made_once_and_only_its_owner_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.key");
    let made = key(folder.path());
    let never = || -> std::io::Result<[u8; 32]> { panic!("there is one already") };
    let read = CheckpointKey::open_or_make(&path, never).unwrap();
    assert_eq!(read.public(), made.public());
    assert!(!format!("{made:?}").contains("0707"), "{made:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    std::fs::write(&path, "no key").unwrap();
    let refused = CheckpointKey::open_or_make(&path, never).unwrap_err();
    assert!(matches!(refused, RegistryFault::Key { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_checkpoint_lists_all_heads_and_no_letter_of_it_can_change() {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at("2026-01-05T10:00:00Z");
    let registry = open(&folder.path().join(FILE_NAME), &clock, PartnerPolicy::Directory).await;
    registry.put_partners(directory(), None, request()).await.unwrap();
    for number in 1..=3 {
        registry.create_link(principal(number, 1), partner("1001"), request()).await.unwrap();
    }
    let checkpoint = registry.checkpoint(&key(folder.path())).await.unwrap();
    assert_eq!(checkpoint.made_at(), clock.now());
    assert_eq!(checkpoint.key(), key(folder.path()).public());
    let heads: Vec<_> = checkpoint.heads().iter().map(|(chain, head)| (*chain, head.sequence)).collect();
    assert_eq!(heads, [(OPERATOR_CHAIN, 5), (tenant(1), 1), (tenant(2), 1), (tenant(3), 1)]);
    let json = checkpoint.to_json();
    assert_eq!(Checkpoint::from_json(&json).as_ref(), Ok(&checkpoint));
    assert!(registry.verify(vec![checkpoint]).await.unwrap().beyond.is_empty());
    for place in 0..json.len() {
        let mut bytes = json.clone().into_bytes();
        bytes[place] ^= 1;
        let Ok(changed) = String::from_utf8(bytes) else { continue };
        assert!(Checkpoint::from_json(&changed).is_err(), "{changed}");
    }
    let forged = json.replace("2026-01-05T10:00:00Z", "2026-01-06T10:00:00Z");
    assert_eq!(Checkpoint::from_json(&forged), Err(CheckpointProblem::Signature));
    let later = json.replace("\"format_version\":1", "\"format_version\":2");
    assert_eq!(Checkpoint::from_json(&later), Err(CheckpointProblem::Version { found: 2 }));
}
