//! Words as they are typed on a phone, spelled out: `vcs`, `qto`, `pls`. One word for one word; nothing here knows what
//! a text means.

use crate::domain::language::Language;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A folded word as it is written out; a word that is no shorthand stays as it is.
pub fn spelled_out(word: &str, language: Language) -> Cow<'_, str> {
    static TABLES: LazyLock<[HashMap<&'static str, &'static str>; 3]> =
        LazyLock::new(|| [PORTUGUESE, ENGLISH, SPANISH].map(table));
    let place = match language {
        Language::Portuguese => 0,
        Language::English => 1,
        Language::Spanish => 2,
    };
    let word = drawn_in(word);
    match TABLES[place].get(word.as_ref()) {
        Some(written) => Cow::Borrowed(written),
        None => word,
    }
}

/// A word with each letter once that somebody draws out: `obrigadaaaa`.
pub fn drawn_in(word: &str) -> Cow<'_, str> {
    let letters: Vec<char> = word.chars().collect();
    let is_drawn_out = |run: &[char]| run.iter().all(|letter| *letter == run[0] && letter.is_alphabetic());
    if !letters.windows(DRAWN_OUT).any(is_drawn_out) {
        return Cow::Borrowed(word);
    }
    let runs = letters.chunk_by(|one, other| one == other);
    Cow::Owned(runs.flat_map(|run| if run.len() < DRAWN_OUT { run } else { &run[..1] }).collect())
}

/// So many times one letter are no spelling of our languages.
const DRAWN_OUT: usize = 3;

fn table(pairs: &'static str) -> HashMap<&'static str, &'static str> {
    pairs.split_ascii_whitespace().filter_map(|pair| pair.split_once('=')).collect()
}

const PORTUGUESE: &str = "vc=voce qro=quero vcs=voces ce=voce ces=voces q=que oq=que oque=que pq=porque pra=para pro=para pras=para \
    pros=para tb=tambem tbm=tambem tmb=tambem qto=quanto qtos=quantos qta=quanta qtas=quantas qnt=quanto qnto=quanto \
    qdo=quando qnd=quando qndo=quando kd=cade hj=hoje amh=amanha amnh=amanha dps=depois mto=muito mta=muita mt=muito \
    mts=muitos td=tudo tds=todos msm=mesmo n=nao nn=nao naum=nao eh=e ta=esta to=estou tava=estava tao=estao \
    nr=numero cod=codigo end=endereco msg=mensagem tel=telefone cel=celular ctg=contigo cmg=comigo \
    aki=aqui aq=aqui neh=ne blz=beleza obg=obrigado brigado=obrigado brigada=obrigada vlw=valeu agr=agora ngm=ninguem \
    alg=alguem qq=qualquer qlqr=qualquer desc=desconto promo=promocao aniver=aniversario niver=aniversario";
const ENGLISH: &str = "u=you ur=your r=are pls=please plz=please thx=thanks ty=thanks whats=what wheres=where hows=how \
    im=i ive=i id=i dont=not doesnt=not didnt=not cant=cannot wont=not havent=not hasnt=not tmrw=tomorrow tmr=tomorrow \
    asap=soon appt=appointment addr=address msg=message acct=account info=information btw=by gonna=going wanna=want \
    gimme=give lemme=let ya=you";
const SPANISH: &str = "q=que k=que xq=porque pq=porque tb=tambem tmb=tambem tbn=tambem x=por xfa=favor porfa=favor \
    porfis=favor grax=gracias msj=mensaje dsp=despues bn=bien toy=estoy ta=esta pa=para cel=celular tel=telefono \
    num=numero nro=numero cod=codigo dir=direccion promo=promocion";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorthand_is_spelled_out_in_its_language_alone() {
        assert_eq!(spelled_out("qtas", Language::Portuguese), "quantas");
        assert_eq!(spelled_out("to", Language::Portuguese), "estou");
        assert_eq!(spelled_out("to", Language::English), "to");
        assert_eq!(spelled_out("xq", Language::Spanish), "porque");
        assert_eq!(spelled_out("pedido", Language::Portuguese), "pedido");
    }

    #[test]
    fn what_is_drawn_out_is_drawn_in_and_doubled_letters_stay() {
        for (typed, word) in [("jiboiaaaa", "jiboia"), ("kkkkkk", "k"), ("carro", "carro"), ("www", "w")] {
            assert_eq!(drawn_in(typed), word);
        }
        assert_eq!(spelled_out("qtooo", Language::Portuguese), "quanto");
        assert_eq!(drawn_in("1000"), "1000");
    }
}
