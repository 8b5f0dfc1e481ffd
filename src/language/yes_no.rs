//! A customer's yes or no to a question that waits for it. Only a message that says nothing else counts: one that
//! also asks for something or changes a value is neither, and is left to whoever understands more.

use super::fold::{Token, TokenKind, beginning, tokens};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A longer message says more than yes or no.
const LONGEST_TEXT: usize = 200;

/// The answer to a question that can only be agreed to or declined.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum YesNo {
    /// Agreed.
    Yes,
    /// Declined.
    No,
}

/// What a phrase adds to the message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sense {
    Yes,
    No,
    /// Agrees when alone, and is mere politeness behind a no: `não, tudo bem`.
    Fine,
    /// Means nothing by itself: `por favor`.
    Filler,
    /// Names what is agreed to (`o agendamento`); only allowed behind a word of agreement.
    Object,
}

/// Reads a whole message as yes or no, in Portuguese, English or Spanish. `None` when it is neither, both, or more.
pub fn read_yes_no(text: &str) -> Option<YesNo> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST_TEXT || text.contains('?') {
        return None;
    }
    let all: Vec<Token> =
        tokens(beginning(text, LONGEST_TEXT)).into_iter().filter(|token| !is_punctuation(token)).collect();
    let squeezed: Vec<String> = all.iter().map(|token| squeeze(&token.text)).collect();
    let mut answer: Option<YesNo> = None;
    let mut fine = false;
    let mut at = 0;
    while at < squeezed.len() {
        let (sense, used) = longest_phrase(&squeezed[at..])?;
        match (sense, answer) {
            (Sense::Yes, Some(YesNo::No)) | (Sense::No, Some(YesNo::Yes)) => return None,
            (Sense::Yes, _) => answer = Some(YesNo::Yes),
            (Sense::No, _) if fine => return None,
            (Sense::No, _) => answer = Some(YesNo::No),
            (Sense::Fine, None) => fine = true,
            (Sense::Object, None) if !fine => return None,
            (Sense::Fine | Sense::Filler | Sense::Object, _) => {}
        }
        at += used;
    }
    answer.or(fine.then_some(YesNo::Yes))
}

/// Reads a statement as the yes or no it amounts to, where the verb of a question comes back: `tenho sim`, `já usamos`,
/// `ainda não tenho`. Less sure than [`read_yes_no`]; for a clause that answers a question, never for a confirmation.
pub fn read_yes_no_of(clause: &str) -> Option<YesNo> {
    if clause.len() > LONGEST_TEXT || clause.contains('?') {
        return None;
    }
    let all = super::fold::words(clause);
    let word = |at: usize| all.get(at).map_or("", String::as_str);
    let begin = all.iter().position(|word| {
        !matches!(word.as_str(), "eu" | "ja" | "a" | "gente" | "nos" | "we" | "i" | "yo" | "bom" | "olha")
    })?;
    let first = word(begin);
    let denied = |at: usize| {
        matches!(word(at), "nao" | "not" | "no" | "nunca" | "never" | "nem" | "don" | "dont" | "haven")
    };
    let doubts = ["sei", "certeza", "know", "sure", "se"];
    if all.iter().any(|word| doubts.contains(&word.as_str()))
        && all.iter().any(|word| matches!(word.as_str(), "nao" | "not" | "don" | "no"))
    {
        return None;
    }
    if denied(begin) || matches!(first, "ainda" | "todavia") && denied(begin + 1) {
        return Some(YesNo::No);
    }
    if matches!(first, "sim" | "yes" | "si" | "claro" | "yep" | "yeah") {
        return Some(YesNo::Yes);
    }
    let echoes = matches!(
        first,
        "tenho"
            | "temos"
            | "tem"
            | "uso"
            | "usamos"
            | "utilizo"
            | "utilizamos"
            | "possuo"
            | "possuimos"
            | "faco"
            | "fazemos"
            | "quero"
            | "queremos"
            | "preciso"
            | "sou"
            | "somos"
            | "decido"
            | "trabalho"
            | "trabalhamos"
            | "vendo"
            | "vendemos"
            | "pretendo"
            | "conheco"
            | "recebo"
            | "moro"
            | "estudo"
            | "consigo"
            | "posso"
            | "have"
            | "do"
            | "am"
            | "use"
            | "are"
            | "tengo"
            | "tenemos"
            | "soy"
            | "hago"
    );
    (echoes && !all.iter().any(|word| matches!(word.as_str(), "nao" | "not" | "nem"))).then_some(YesNo::Yes)
}

/// The longest known phrase that `words` begin with, and its length.
fn longest_phrase(words: &[String]) -> Option<(Sense, usize)> {
    PHRASES
        .get(words.first()?.as_str())?
        .iter()
        .find(|(phrase, _)| words.starts_with(phrase))
        .map(|(phrase, sense)| (*sense, phrase.len()))
}

fn is_punctuation(token: &Token) -> bool {
    // Skin tones and variation selectors follow an emoji and change nothing.
    token.kind == TokenKind::Mark
        && (token.text.is_ascii()
            || token
                .text
                .chars()
                .all(|c| matches!(c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '…' | '¡' | '–' | '—')))
}

/// Repeated letters written once, so that `siiim` and `okkk` are what they stand for.
fn squeeze(word: &str) -> String {
    let mut squeezed = String::with_capacity(word.len());
    for character in word.chars() {
        if !squeezed.ends_with(character) {
            squeezed.push(character);
        }
    }
    squeezed
}

/// A phrase as squeezed words, and what it adds.
type Phrase = (Vec<String>, Sense);

/// Every phrase by its first word, the longest first; words squeezed.
static PHRASES: LazyLock<HashMap<String, Vec<Phrase>>> = LazyLock::new(|| {
    let mut phrases: HashMap<String, Vec<Phrase>> = HashMap::new();
    for (sense, list) in [
        (Sense::Yes, YES),
        (Sense::No, NO),
        (Sense::Fine, FINE),
        (Sense::Filler, FILLER),
        (Sense::Object, OBJECT),
    ] {
        for phrase in list.split(',') {
            let words: Vec<String> = phrase.split_whitespace().map(squeeze).collect();
            if let Some(first) = words.first() {
                phrases.entry(first.clone()).or_default().push((words, sense));
            }
        }
    }
    for list in phrases.values_mut() {
        list.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
    }
    phrases
});

const YES: &str = "sim, s, ss, simm, sim sim, isso, isso mesmo, isso ai, e isso, e isso ai, exato, exatamente, correto, \
    certo, certinho, corretissimo, ta certo, esta certo, esta correto, ta correto, tudo correto, certeza, \
    com certeza, claro, claro que sim, confirmo, confirmo sim, confirmado, confirmada, confirma, confirmar, confirme, \
    pode confirmar, pode, pode sim, pode ser, pode ser sim, podemos, podemos sim, quero, quero sim, eu quero, aceito, \
    concordo, combinado, fechado, fechou, positivo, afirmativo, uhum, aham, ahan, arram, bora, vamos, vamos la, \
    manda ver, manda bala, pode mandar, pode fazer, pode marcar, pode agendar, pode reservar, pode enviar, pode seguir, \
    pode prosseguir, pode continuar, pode fechar, pode abrir, pode criar, pode registrar, pode salvar, pode alterar, \
    pode atualizar, pode perguntar, podem perguntar, pode comecar, vamos nessa, bora la, pode trocar, pode mudar, pode comprar, pode finalizar, pode deixar, pode prosseguir sim, pode ir, \
    siga, prossiga, prosseguir, faca isso, faz isso, faca, marca, marque, agende, agenda sim, \
    esta perfeito, por mim sim, acho que sim, sem duvida, logico, obvio, e claro, autorizo, de acordo, estou de acordo, \
    gostaria, gostaria sim, eu gostaria, adoraria, por favor sim, ok confirmo, demoro, tamo junto, \
    yes, y, ya, yep, yeah, yup, yes yes, sure, sure thing, of course, certainly, absolutely, definitely, confirm, \
    confirmed, i confirm, i do, i agree, agreed, go ahead, please do, do it, lets do it, let s do it, correct, \
    that is correct, that s correct, thats correct, that is right, that s right, thats right, right, exactly, \
    sounds good, sounds great, book it, send it, yes please, works for me, that works, you can, you may, affirmative, \
    i would, i d like that, i would like that, make it so, proceed, looks right, looks good, \
    si, sii, si si, si claro, claro que si, por supuesto, confirmado, confirmalo, correcto, asi es, exacto, eso es, \
    eso mismo, desde luego, adelante, dale, vale, esta bien asi, puede ser, puedes confirmar, puede confirmar, acepto, \
    quiero, si quiero, de acuerdo, estoy de acuerdo, hecho, hazlo, por supuesto que si, afirmativo, sale, \
    👍, ✅, 👌, ✔, ☑, 🆗, 💯, 🤝";
const NO: &str = "nao, n, nn, nao nao, nao quero, nao quero nao, nao quero mais, quero nao, nao obrigado, nao obrigada, \
    melhor nao, acho que nao, acho melhor nao, prefiro nao, de jeito nenhum, de forma alguma, de modo algum, nem pensar, \
    nunca, jamais, negativo, agora nao, hoje nao, ainda nao, por enquanto nao, nao por enquanto, nao agora, deixa, \
    deixa pra la, deixa para la, deixe pra la, deixa quieto, deixa assim, esquece, esqueca, cancela, cancelar, cancele, \
    cancela isso, nao confirmo, nao confirma, nao confirme, nao confirmar, nao aceito, nao concordo, nao precisa, \
    nao preciso, precisa nao, nao e isso, nao era isso, nao e, nao esta, nao pode, nao faca, nao faca isso, nao faz, \
    nao marque, nao agende, errado, esta errado, ta errado, incorreto, esta incorreto, nao esta certo, nao ta certo, \
    nao esta correto, desisto, desisti, mudei de ideia, claro que nao, nada disso, nem, dispenso, pode nao, \
    nao gostaria, nao desejo, nao autorizo, nao vou querer, nao vai dar, nao da, \
    no, nope, nah, no no, not now, not yet, not really, never, never mind, nevermind, no thanks, no thank you, cancel, \
    cancel it, cancel that, don t, dont, do not, don t do it, dont do it, do not do it, don t do that, stop, \
    i don t, i do not, i dont, i disagree, wrong, that is wrong, that s wrong, thats wrong, incorrect, \
    that is not right, that s not right, forget it, i d rather not, i would rather not, rather not, better not, \
    i changed my mind, changed my mind, of course not, absolutely not, no way, don t confirm, i don t want it, \
    i don t want that, i don t want to, \
    no gracias, no quiero, mejor no, creo que no, ahora no, todavia no, no por ahora, para nada, de ninguna manera, \
    dejalo, dejalo asi, olvidalo, no confirmo, no acepto, no hace falta, no es correcto, no esta bien, no lo hagas, \
    cancelalo, cambie de idea, claro que no, por supuesto que no, tampoco, \
    👎, ❌, 🚫, ✖, ⛔, 🙅";
const FINE: &str = "ok, okay, okey, okei, oki, k, blz, beleza, ta, ta bom, ta bem, ta ok, tudo bem, tudo certo, tudo ok, tudo bom, esta bom, \
    esta bem, esta ok, bom, boa, legal, joia, show, show de bola, perfeito, perfeita, otimo, otima, excelente, maravilha, \
    bacana, massa, tranquilo, suave, sem problema, sem problemas, nao tem problema, nao ha problema, nao vejo problema, \
    de boa, por mim tudo bem, por mim ta bom, por mim, all right, alright, fine, that s fine, thats fine, that is fine, \
    it s fine, its fine, no problem, no worries, great, perfect, good, cool, very well, all good, awesome, bien, muy bien, \
    esta bien, todo bien, perfecto, genial, excelente, sin problema, no hay problema, bueno, okis, 😊, 🙂, 😀, 😄, 😉, 🙏, ❤, 🎉, 💚";
const FILLER: &str = "por favor, pfv, pf, pfvr, porfa, porfavor, obrigado, obrigada, obg, brigado, brigada, muito obrigado, \
    muito obrigada, valeu, vlw, grato, grata, entao, ai, ne, viu, moco, moca, amigo, amiga, querido, querida, eu, mesmo, ja, \
    agora, nao tenho duvidas, olha, bem, ah, oh, hum, hmm, e, please, pls, plz, thanks, thank you, thx, ty, many thanks, \
    then, sir, madam, i, well, um, uh, and, now, that, gracias, muchas gracias, pues, entonces, ya, senor, senora, yo, ahora, y, \
    lo, obrigado mesmo, desculpa, desculpe, sorry, perdon, it";
const OBJECT: &str = "o agendamento, a consulta, o horario, a reserva, o pedido, a compra, os dados, o envio, a reuniao, \
    a visita, o cancelamento, a troca, a devolucao, o chamado, o atendimento, o cadastro, a operacao, a solicitacao, \
    agendamento, consulta, horario, reserva, pedido, compra, dados, envio, reuniao, visita, cancelamento, troca, devolucao, \
    chamado, cadastro, tudo, a alteracao, alteracao, o endereco, o pagamento, pagamento, esta tudo certo, esta, estao certos, \
    estao corretos, \
    the appointment, the booking, the order, the reservation, the meeting, the purchase, the request, the cancellation, \
    the ticket, the change, the data, the details, everything, my order, my booking, my appointment, \
    la cita, el pedido, la reserva, la reunion, la compra, el cambio, los datos, la solicitud, el horario, todo";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_in_all_its_forms() {
        for text in [
            "sim",
            "Sim!",
            "SIM",
            "siiim",
            "s",
            "sim, confirmo",
            "confirmo",
            "confirmo o agendamento",
            "pode confirmar",
            "isso mesmo",
            "isso",
            "pode ser",
            "ok",
            "Ok, pode ser",
            "okkk",
            "claro",
            "claro que sim",
            "com certeza",
            "tá bom",
            "beleza",
            "blz",
            "pode sim",
            "pode marcar",
            "sim, por favor",
            "por favor, sim",
            "quero sim",
            "perfeito!",
            "fechado",
            "aham",
            "sim, obrigada",
            "sim, tudo certo",
            "👍",
            "👍🏽",
            "✅ sim",
            "ok 😊",
            "sim, pode agendar, por favor",
            "Sim. Confirmo os dados.",
            "sem problemas",
            "isso, está correto",
            "yes",
            "Yes, I confirm",
            "yep",
            "sure",
            "go ahead",
            "yes please",
            "that's right",
            "ok, thanks",
            "confirm the booking",
            "sounds good",
            "sí",
            "si, confirmo",
            "claro que sí",
            "por supuesto",
            "vale",
            "de acuerdo",
            "sí, por favor",
            "está bien",
        ] {
            assert_eq!(read_yes_no(text), Some(YesNo::Yes), "{text}");
        }
    }

    #[test]
    fn no_in_all_its_forms() {
        for text in [
            "não",
            "nao",
            "NÃO!",
            "naaao",
            "n",
            "não, obrigado",
            "melhor não",
            "não quero",
            "não quero mais",
            "deixa pra lá",
            "agora não",
            "de jeito nenhum",
            "não confirmo",
            "não precisa",
            "não precisa, obrigada",
            "não, tudo bem",
            "cancela",
            "não, está errado",
            "👎",
            "❌",
            "acho que não",
            "mudei de ideia",
            "ainda não",
            "claro que não",
            "no",
            "no thanks",
            "No, thank you",
            "nope",
            "not now",
            "cancel",
            "don't do it",
            "never mind",
            "no, that's fine",
            "no gracias",
            "mejor no",
            "ahora no",
            "no quiero",
        ] {
            assert_eq!(read_yes_no(text), Some(YesNo::No), "{text}");
        }
    }

    #[test]
    fn the_verb_of_a_question_comes_back() {
        for (text, answer) in [
            ("tenho sim", Some(YesNo::Yes)),
            ("já usamos um", Some(YesNo::Yes)),
            ("sou eu mesmo", Some(YesNo::Yes)),
            ("ainda não tenho", Some(YesNo::No)),
            ("não uso nada", Some(YesNo::No)),
            ("tenho não", None),
            ("não sei", None),
            ("não tenho certeza", None),
            ("we don't", Some(YesNo::No)),
            ("I do", Some(YesNo::Yes)),
            ("tengo uno", Some(YesNo::Yes)),
            ("meu sócio decide", None),
            ("tem desconto?", None),
        ] {
            assert_eq!(read_yes_no_of(text), answer, "{text}");
        }
    }

    #[test]
    fn anything_more_is_neither() {
        for text in [
            "",
            "   ",
            "sim, mas às 16h",
            "sim, e quero outro vaso",
            "não, prefiro sexta",
            "pode ser às 16h?",
            "ok?",
            "sim ou não",
            "sim não",
            "qual o preço",
            "oi",
            "obrigado",
            "confirmo o 10422",
            "sim, mas com outro e-mail",
            "não sei",
            "talvez",
            "quero falar com uma pessoa",
            "não entendi",
            "pode cancelar",
            "yes, but at 4pm",
            "no, make it friday",
            "maybe",
            "yes and no",
            "I don't know",
            "sí, pero a las 4",
            "no sé",
            "o pedido",
            "🤔",
            "مرحبا",
            "sim 2",
            "pode ser a primeira",
            "não é esse e-mail, é ana@x.com",
            "the order",
        ] {
            assert_eq!(read_yes_no(text), None, "{text}");
        }
        assert_eq!(read_yes_no(&"sim ".repeat(1000)), None);
    }
}
