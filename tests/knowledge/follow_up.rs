//! What a follow-up takes from the messages before it: a table, three languages.

use balcao::domain::language::Language::{self, English, Portuguese, Spanish};
use balcao::knowledge::follow_up::carried;

/// Messages before, oldest first; the message; what is carried, newest first.
type Case = (Language, &'static [&'static str], &'static str, &'static [&'static str]);

const CASES: &[Case] = &[
    // Goes on from the question before.
    (Portuguese, &["que horas vocês abrem na sexta?"], "e no sábado?", &["que horas vocês abrem"]),
    (Portuguese, &["que horas vocês abrem?"], "e domingo?", &["que horas vocês abrem?"]),
    (Portuguese, &["quanto custa o vaso Serena pequeno?"], "e o grande?", &["quanto custa o vaso Serena"]),
    (Portuguese, &["vocês entregam em Campinas?"], "e em Santos?", &["vocês entregam"]),
    (Portuguese, &["tem desconto no pix?"], "e no cartão?", &["tem desconto"]),
    (Portuguese, &["quanto custa a jiboia?"], "e a zamioculca?", &["quanto custa a jiboia?"]),
    (Portuguese, &["como rego a orquídea no verão?"], "e no inverno?", &["como rego a orquídea"]),
    (Portuguese, &["a jiboia faz mal pra gato?"], "e pra cachorro?", &["a jiboia faz mal"]),
    (Portuguese, &["posso retirar na loja?"], "mas e se eu não puder ir?", &["posso retirar na loja?"]),
    (
        Portuguese,
        &["quanto é a consultoria online?"],
        "Ah, e a presencial?",
        &["quanto é a consultoria online?"],
    ),
    (Portuguese, &["vocês têm orquídea?"], "oi, e lírio da paz?", &["vocês têm orquídea?"]),
    // Asks for a trait and does not say of what.
    (Portuguese, &["vocês têm oficina de terrários?"], "quanto custa?", &["vocês têm oficina de terrários?"]),
    (
        Portuguese,
        &["vocês fazem entrega no mesmo dia?"],
        "qual o valor?",
        &["vocês fazem entrega no mesmo dia?"],
    ),
    (Portuguese, &["tem estacionamento?"], "onde fica?", &["tem estacionamento?"]),
    (Portuguese, &["fazem jardim vertical?"], "qual o preço?", &["fazem jardim vertical?"]),
    (Portuguese, &["tem vela de citronela?"], "quanto tempo dura", &["tem vela de citronela?"]),
    (Portuguese, &["queria o vaso autoirrigável"], "quais tamanhos?", &["queria o vaso autoirrigável"]),
    // Points at it.
    (Portuguese, &["o que é a zamioculca?"], "ela é tóxica?", &["o que é a zamioculca?"]),
    (Portuguese, &["tem cupom de primeira compra"], "como uso isso?", &["tem cupom de primeira compra"]),
    (Portuguese, &["vocês vendem bokashi?"], "esse serve pra orquídea?", &["vocês vendem bokashi?"]),
    // A chain leans on two messages.
    (
        Portuguese,
        &["quanto custa a jiboia?", "e a zamioculca?"],
        "e o tamanho G?",
        &["e a zamioculca?", "quanto custa a jiboia?"],
    ),
    (
        Portuguese,
        &["meu pedido não chegou", "que horas abre na sexta?", "e no sábado?"],
        "e domingo?",
        &["que horas abre na"],
    ),
    // Stands alone.
    (Portuguese, &["quanto custa a jiboia?"], "vocês aceitam pix?", &[]),
    (Portuguese, &["quanto custa a jiboia?"], "obrigado!", &[]),
    (Portuguese, &["quanto custa a jiboia?"], "sim", &[]),
    (Portuguese, &["quanto custa a jiboia?"], "oi, bom dia", &[]),
    (Portuguese, &["quanto custa a jiboia?"], "qual a política de troca?", &[]),
    (Portuguese, &["quanto custa a jiboia?"], "quanto custa o frete para Recife?", &[]),
    (Portuguese, &["vocês abrem sábado?"], "10482", &[]),
    (Portuguese, &["vocês abrem sábado?"], "", &[]),
    (
        Portuguese,
        &["vocês abrem sábado?"],
        "esse vaso que comprei na semana passada chegou com uma rachadura enorme",
        &[],
    ),
    (Portuguese, &[], "e no sábado?", &[]),
    (Portuguese, &["oi, bom dia!"], "quanto custa?", &[]),
    // English.
    (English, &["what time do you open on friday?"], "and on saturday?", &["what time do you open"]),
    (English, &["what time do you open?"], "what about sundays?", &["what time do you open?"]),
    (English, &["do you have the large Serena pot?"], "how much?", &["do you have the large Serena pot?"]),
    (
        English,
        &["do you have a terrarium workshop?"],
        "how long does it take?",
        &["do you have a terrarium workshop?"],
    ),
    (English, &["do you ship to Recife?"], "and to Natal?", &["do you ship"]),
    (English, &["is pothos safe for cats?"], "what about dogs?", &["is pothos safe for"]),
    (English, &["do you sell orchids?"], "how much are they?", &["do you sell orchids?"]),
    (English, &["how do I water a cactus in summer?"], "how about winter?", &["how do I water a cactus in"]),
    (English, &["do you have a loyalty program?"], "is it free?", &["do you have a loyalty program?"]),
    (English, &["do you have orchids?"], "do you accept credit cards?", &[]),
    (English, &["do you have orchids?"], "thanks!", &[]),
    (English, &["do you have orchids?"], "where is my order 10482?", &[]),
    // Spanish.
    (Spanish, &["¿a qué hora abren el viernes?"], "¿y el sábado?", &["¿a qué hora abren el"]),
    (Spanish, &["¿tienen taller de terrarios?"], "¿cuánto cuesta?", &["¿tienen taller de terrarios?"]),
    (Spanish, &["¿envían a Recife?"], "¿y a Natal?", &["¿envían"]),
    (Spanish, &["¿tienen la maceta Serena pequeña?"], "¿y la grande?", &["¿tienen la maceta Serena"]),
    (Spanish, &["¿la jiboia es tóxica para gatos?"], "¿y para perros?", &["¿la jiboia es tóxica"]),
    (Spanish, &["¿hay descuento con pix?"], "¿y con tarjeta?", &["¿hay descuento"]),
    (Spanish, &["¿tienen estacionamiento?"], "¿dónde queda?", &["¿tienen estacionamiento?"]),
    (Spanish, &["¿venden bokashi?"], "¿eso sirve para orquídeas?", &["¿venden bokashi?"]),
    (Spanish, &["¿venden bokashi?"], "¿aceptan tarjeta?", &[]),
    (Spanish, &["¿venden bokashi?"], "gracias", &[]),
];

#[test]
fn follow_ups_are_completed_and_other_messages_are_not() {
    assert!(CASES.len() >= 40);
    let mut wrong = Vec::new();
    for (language, before, text, expected) in CASES {
        let newest_first: Vec<&str> = before.iter().rev().copied().collect();
        let found = carried(text, &newest_first, *language);
        if found != *expected {
            wrong.push(format!("{before:?} / {text:?}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
