//! The files that `pal serve` reads are all in its guide: every field stands there, and what stands there is taken.

use crate::command::Place;
use crate::tidy::text;

/// The block of the guide below a mark.
fn block(mark: &str) -> String {
    let guide = text("docs/operating.md");
    let (_, block) = guide.split_once(&format!("<!-- {mark} -->\n```toml\n")).unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

/// Why the server does not start with this file.
fn refused(flag: &str, file: &str) -> String {
    let place = Place::new();
    place.write("file.toml", file);
    place.pal(&["serve", flag, "file.toml", "--listen", "127.0.0.1:0"]).exits(2).stderr
}

/// The fields that are known where `strange` stands in a file.
fn known(flag: &str, file: &str) -> Vec<String> {
    let said = refused(flag, file);
    let (_, names) =
        said.split_once("unknown field `strange`, expected ").unwrap_or_else(|| panic!("{said}"));
    names.lines().next().unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a field is set in a block, by itself or in a table on one line.
fn sets(block: &str, field: &str) -> bool {
    let code = block.lines().map(|line| line.split('#').next().unwrap());
    let mut words = code.flat_map(|line| line.split([' ', '[', ']', '{', ',', '.']));
    words.any(|word| word == field)
}

#[test]
fn every_field_of_the_sandbox_file_is_shown() {
    let shown = block("sandbox");
    let (tenant, app) = ("[[tenant]]\nid=\"1\"\nname=\"n\"\ndomain=\"d\"\n", "[[tenant.app]]\n");
    let mut fields = 0;
    for place in [
        "strange = 1".to_owned(),
        "[[partner]]\nstrange = 1".to_owned(),
        "[[tenant]]\nstrange = 1".to_owned(),
        format!("{tenant}[[tenant.user]]\nstrange = 1"),
        format!("{tenant}{app}strange = 1"),
        format!("{tenant}{app}federated = {{ strange = 1 }}"),
    ] {
        for field in known("--authority", &place) {
            assert!(sets(&shown, &field), "`{field}` is not shown in\n{shown}");
            fields += 1;
        }
    }
    assert_eq!(fields, 27);
    // Everything before the files that it names is taken.
    let said = refused("--authority", &shown);
    assert!(said.contains("app.pem: cannot be read"), "{said}");
}

#[test]
fn every_field_of_the_issuers_file_is_shown() {
    let shown = block("issuers");
    let fields = known("--issuers", "strange = 1");
    assert_eq!(fields.len(), 10);
    for field in fields {
        assert!(sets(&shown, &field), "`{field}` is not shown in\n{shown}");
    }
    let said = refused("--issuers", &shown);
    assert!(said.contains("`keys_file` keys.json: cannot be read"), "{said}");
}
