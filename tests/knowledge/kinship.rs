//! Questions that mean the same, by the real model of meaning where it is there.

use balcao::knowledge::background::dot;
use balcao::knowledge::kinship::Kinship;
use balcao::llm::embed::e5::E5;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

#[test]
fn without_a_model_nobody_knows_what_questions_mean() {
    assert!(Kinship::default().of(&["tem estacionamento?".to_owned()]).unwrap().is_none());
}

#[test]
fn the_real_model_puts_other_words_for_the_same_together() {
    let Some(folder) = std::env::var_os("BALCAO_TEST_E5") else {
        eprintln!("LEFT OUT: BALCAO_TEST_E5 does not say where the weights are; ./dev test sets it");
        return;
    };
    let model = E5::open(&Path::new(&folder).join("e5-small-q4.bin"), NonZeroUsize::MIN).unwrap();
    let kinship = Kinship::default();
    assert!(kinship.embedder.set(Arc::new(model)).is_ok());
    // Two of each kind, in words of which hardly any is in both.
    let questions = [
        "fazem entrega no domingo?",
        "entregam aos domingos?",
        "vocês estão contratando?",
        "are you hiring?",
        "tem curso de bonsai?",
        "do you teach bonsai?",
    ];
    let kin = kinship.of(&questions.map(str::to_owned)).unwrap().unwrap();
    assert_eq!(kin.vectors.len(), questions.len());
    for (place, one) in kin.vectors.iter().enumerate() {
        assert!((dot(one, one) - 1.0).abs() < 0.001);
        for (other, vector) in kin.vectors.iter().enumerate().skip(place + 1) {
            let is_alike = dot(one, vector) >= kin.alike;
            assert_eq!(is_alike, place / 2 == other / 2, "{} / {}", questions[place], questions[other]);
        }
    }
}
