//! Definitions that are wrong: every fault at once, with its line.

use balcao::interview::library::Interviews;
use balcao::interview::read::{read, schema};
use serde_json::Value;

const PROJECT: &str = include_str!("../../prompts/interviews/projeto.toml");

/// What is wrong with the shipped project after some words were replaced.
fn faults(changes: &[(&str, &str)]) -> Vec<String> {
    let mut text = PROJECT.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    read("x.toml", &text).err().into_iter().flatten().map(|fault| fault.to_string()).collect()
}

fn line_of(words: &str) -> usize {
    PROJECT.lines().position(|line| line.contains(words)).unwrap() + 1
}

#[test]
fn what_names_nothing_is_found_with_its_line() {
    let found = faults(&[(
        "field = \"need\", is = [\"vertical\", \"office\"]",
        "field = \"needs\", is = [\"vertical\"]",
    )]);
    assert_eq!(
        found,
        [format!(
            "x.toml:{}: there is no field `needs`",
            line_of("when = [{ field = \"need\", is = [\"vertical\"")
        )]
    );
    let found = faults(&[("is = [\"balcony\", \"home\"]", "is = [\"balcony\", \"hut\"]")]);
    assert!(found[0].ends_with("`need` has no choice `hut`"), "{found:?}");
}

#[test]
fn what_nobody_reaches_and_what_waits_for_itself_is_found() {
    let found = faults(&[
        ("hot = 60", "hot = 600"),
        ("after = [\"need\"]\nwith = \"email\"", "after = [\"need\", \"email\"]\nwith = \"email\""),
        (
            "required = true\nsaves_to = \"email\"\nafter = [\"need\"]",
            "required = true\nsaves_to = \"email\"\nafter = [\"name\"]",
        ),
    ]);
    assert!(found.iter().any(|fault| fault.contains("nobody reaches 600")), "{found:?}");
    assert!(found.iter().any(|fault| fault.contains("`name` waits for itself")), "{found:?}");
    assert!(found.iter().any(|fault| fault.contains("`email` waits for itself")), "{found:?}");
}

#[test]
fn what_the_law_forbids_is_found() {
    let found = faults(&[("kind = \"money\"\nmin = 50", "kind = \"money\"\nsensitive = true\nmin = 50")]);
    assert!(
        found[0].contains("`budget` is sensitive and would never be asked without [consent]"),
        "{found:?}"
    );
    let found = faults(&[("legal_basis = \"pre_contract\"", "legal_basis = \"consent\"")]);
    assert!(found[0].contains("rests on consent, and there is no [consent]"), "{found:?}");
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    assert!(faults(&[("budget = 6", "budget = 1")])[0].contains("smaller than the 3 required fields"));
    let told = ("id = \"vertical\"\n", "id = \"vertical\"\nvisits = [\"/verde*\"]\n");
    assert_eq!(faults(&[told]), Vec::<String>::new());
    let hidden = ("id = \"need\"\n", "id = \"need\"\nsensitive = true\n");
    assert!(faults(&[told, hidden]).iter().any(|fault| fault.contains("told by `visits`")));
    assert!(faults(&[("kind = \"postal_code\"", "kind = \"zip\"")])[0].starts_with("x.toml:"));
    assert!(read("x.toml", "version = 1").is_err());
    assert!(read("x.toml", &"#".repeat(300_000)).unwrap_err()[0].message.contains("KiB"));
}

#[test]
fn an_operators_folder_takes_the_place_of_the_shipped_ones() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("interviews")).unwrap();
    let write =
        |name: &str, text: &str| std::fs::write(folder.path().join("interviews").join(name), text).unwrap();
    write("projeto.toml", PROJECT);
    let active = ["projeto".to_owned()];
    assert_eq!(Interviews::load(Some(folder.path()), &active).unwrap().iter().count(), 1);
    let unknown = Interviews::load(Some(folder.path()), &["demonstracao".to_owned()]).unwrap_err();
    assert!(unknown[0].message.contains("there are: projeto"), "{unknown:?}");
    write("projeto@2.toml", PROJECT);
    let twice = Interviews::load(Some(folder.path()), &active).unwrap_err();
    assert!(twice[0].message.contains("has version `1` in"), "{twice:?}");
    write("projeto@2.toml", &PROJECT.replacen("version = \"1\"", "version = \"2\"\nshare = 50", 1));
    let both = Interviews::load(Some(folder.path()), &active).unwrap();
    let versions: std::collections::BTreeSet<String> = (0..64_u128)
        .map(|n| balcao::domain::ids::ContactId(uuid::Uuid::from_u128(n * 7_919)))
        .map(|contact| both.version_for("projeto", contact).unwrap().version.clone())
        .collect();
    assert_eq!(versions.len(), 2, "both versions get leads");
}

#[test]
fn the_schema_for_editors_knows_the_shipped_files() {
    let schema = schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for text in [
        PROJECT,
        include_str!("../../prompts/interviews/financiamento.toml"),
        include_str!("../../prompts/interviews/demonstracao.toml"),
    ] {
        let value: Value = toml::from_str(text).unwrap();
        let faults: Vec<String> = validator.iter_errors(&value).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new());
    }
}

#[test]
fn who_may_begin_it_and_what_tells_of_a_field_is_looked_at() {
    let (from, to) = (PROJECT.find("[start]").unwrap(), PROJECT.find("[[field]]").unwrap());
    let start = &PROJECT[from..to];
    assert_eq!(faults(&[(start, "[start]\noperator = false\n")]).len(), 1);
    for enough in ["[start]\n", "[start]\noperator = false\ntool = true\n"] {
        let text = PROJECT.replacen(start, enough, 1);
        assert!(read("x.toml", &text).is_ok(), "{enough}");
    }
    let email = "id = \"email\"\n";
    for (lookup, wrong) in
        [("crm.email", false), ("crm", true), (".email", true), ("crm.", true), ("a.b[].c", false)]
    {
        let with = format!("{email}lookup = [\"{lookup}\"]\n");
        let text = PROJECT.replacen(email, &with, 1);
        let found = read("x.toml", &text);
        assert_eq!(found.is_err(), wrong, "{lookup}: {found:?}");
    }
}
