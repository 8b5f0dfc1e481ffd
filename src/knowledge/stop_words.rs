//! Words that say little about what a text is about, per language, in folded form. Three classes, because they
//! are treated in three ways: function words are not indexed at all, fillers of a question weigh little and are no
//! evidence, greetings are taken out of a query.

use crate::domain::language::Language;
use std::collections::HashSet;
use std::sync::LazyLock;

/// What a word does in a sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// It says what the text is about.
    Content,
    /// It shapes a question: `quanto`, `posso`, `gostaria`.
    Filler,
    /// Courtesy: `oi`, `obrigado`.
    Greeting,
    /// Grammar.
    Function,
}

/// The role of a folded word.
pub fn role(language: Language, word: &str) -> Role {
    let lists = lists(language);
    if lists.function.contains(word) {
        Role::Function
    } else if lists.greeting.contains(word) {
        Role::Greeting
    } else if lists.filler.contains(word) {
        Role::Filler
    } else {
        Role::Content
    }
}

/// Whether two words one after the other are courtesy, though each alone may say something: `bom dia`.
pub fn is_greeting_pair(language: Language, first: &str, second: &str) -> bool {
    match language {
        Language::Portuguese => {
            matches!(
                (first, second),
                ("bom", "dia") | ("boa", "tarde" | "noite") | ("tudo", "bem" | "bom" | "certo")
            )
        }
        Language::English => matches!((first, second), ("good", "day" | "night") | ("how", "are")),
        Language::Spanish => {
            matches!((first, second), ("buenos" | "buen", "dias" | "dia") | ("todo", "bien"))
        }
    }
}

struct Lists {
    function: HashSet<&'static str>,
    filler: HashSet<&'static str>,
    greeting: HashSet<&'static str>,
}

impl Lists {
    fn new(function: &'static str, filler: &'static str, greeting: &'static str) -> Self {
        let words = |list: &'static str| list.split_whitespace().collect();
        Self { function: words(function), filler: words(filler), greeting: words(greeting) }
    }
}

fn lists(language: Language) -> &'static Lists {
    match language {
        Language::Portuguese => &PORTUGUESE,
        Language::English => &ENGLISH,
        Language::Spanish => &SPANISH,
    }
}

static PORTUGUESE: LazyLock<Lists> = LazyLock::new(|| {
    Lists::new(
        "\
        a ai ali ambos ao aos aquela aquelas aquele aqueles aqui aquilo as ate cada com como d da das de \
        dela delas dele deles depois do dos e eh ela elas ele eles em enquanto entao entre era eram essa \
        essas esse esses esta estamos estao estar estas estava estavam este esteja estejam estes esteve \
        estou eu foi foram fosse fossem fui ha haja havia i isso isto ja la lhe lhes mas me mesma mesmo meu \
        meus minha minhas n na nao nas ne nem no nos nossa nossas nosso nossos num numa o os ou outra outras \
        outro outros para pela pelas pelo pelos pois por porque pq pra pras pro pros q quaisquer qualquer \
        que quem r s sao se seja sejam sendo ser sera serao seria seriam seu seus sido sobre somos sou sua \
        suas ta tais tal tambem tao tb tbm te teu teus ti to tou tu tua tuas um uma umas uns vc vcs voce \
        voces vos",
        "\
        acha acho acontece agora ainda algo alguem algum alguma algumas alguns antes aonde apenas assim bem \
        cade caso coisa coisas consegue conseguem consigo dao deseja desejo deu deve devem devo diz dizer \
        durante duvida duvidas enfim estive existe existem explica explicar explique falar faz fazem fazendo \
        fazer feita feito fica ficam ficar forma funciona funcionam funcionar gente gosta gostaria gostei \
        gosto gostou houve informa informacao informacoes informar ir iremos mais maneira menos muita muitas \
        muito muitos onde passa pergunta perguntar permite permitem pode podem podemos poder poderia \
        poderiam possivel posso pouco precisa precisam preciso pude qdo qnd qnto qt qto quais qual quando \
        quanta quantas quanto quantos quer querem queria quero quis realmente sabe sabem saber sei sempre so \
        tem temos tendo tenha tenho ter teria teve tinha tipo tiver toda todas todo todos tudo usar vai \
        vamos vao vem ver vez vezes vir vou",
        "\
        abraco abracos agradeco amiga amigo bao beleza bjo bjs blz desculpa desculpe eae eai fala favor \
        gentileza hello hey hi licenca moca moco obg obgd obrigada obrigado oi oie oii ola opa pf pfv pls \
        querida querido salve senhor senhora tchau tdb valeu vlw",
    )
});

static ENGLISH: LazyLock<Lists> = LazyLock::new(|| {
    Lists::new(
        "\
        a about above after again all am an and any are as at be because been before being below between \
        both but by can cannot could d did do does doing don down during each few for from further had has \
        have having he her here hers herself him himself his how i if in into is it its itself just ll m me \
        more most my myself no nor not now of off on once only or other our ours out over own re s same she \
        should so some such t than that the their theirs them then there these they this those through to \
        too under until up us ve very was we were what when where which while who whom why will with would \
        you your yours",
        "\
        anyone anything ask asking available bit find get gets getting give go going got happen happens help \
        info information know let like looking lot make many may maybe might much must need needs one \
        possible question questions really say see show someone something take tell thing things think try \
        use used using want wanted way wondering work works",
        "\
        afternoon bye cheers dear evening good hello hey hi kindly madam morning please sir sorry thank \
        thanks thx",
    )
});

static SPANISH: LazyLock<Lists> = LazyLock::new(|| {
    Lists::new(
        "\
        a al algo algunas algunos ante antes como con contra cual cuando de del desde donde durante e el \
        ella ellas ellos en entre era eran eras eres es esa esas ese eso esos esta estaba estado estamos \
        estan estar estas este esto estos estoy fue fueron fui ha habia hace han has hasta hay he la las le \
        les lo los mas me mi mia mias mio mios mis mucho muchos muy nada ni no nos nosotras nosotros nuestra \
        nuestras nuestro nuestros o os otra otras otro otros para pero poco por porque q que quien quienes \
        se sea sean ser si sido sin sobre sois somos son soy su sus suya suyas suyo suyos tambien tanto te \
        ti todo todos tu tus tuya tuyo un una unas uno unos usted ustedes vosotros vuestra vuestro y ya yo",
        "\
        ahora alguien alguna alguno aun cosa cosas cuales cuanta cuantas cuanto cuantos debe deben debo \
        decir dime duda dudas explica explicar forma funciona gustaria hacen hacer hago informacion ir \
        manera necesita necesito poder podria podrian posible pregunta preguntar puede pueden puedo quiere \
        quieren quiero quisiera sabe saber sabes siempre solo tener tengo tiene tienen tienes va vamos van \
        ver vez voy",
        "\
        adios amiga amigo buen buena buenas bueno buenos disculpa disculpe favor gracias hello hey hola \
        noches perdon saludos senor senora tardes",
    )
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::analyze;

    #[test]
    fn the_lists_are_folded_and_apart() {
        for language in Language::ALL {
            let Lists { function, filler, greeting } = lists(language);
            for word in function.iter().chain(filler).chain(greeting) {
                assert_eq!(analyze::words(word).collect::<Vec<_>>(), [*word]);
            }
            assert!(
                function.is_disjoint(filler)
                    && filler.is_disjoint(greeting)
                    && greeting.is_disjoint(function)
            );
        }
    }

    #[test]
    fn words_have_the_role_their_language_gives_them() {
        assert_eq!(role(Language::Portuguese, "nao"), Role::Function);
        assert_eq!(role(Language::Portuguese, "quanto"), Role::Filler);
        assert_eq!(role(Language::Portuguese, "oi"), Role::Greeting);
        assert_eq!(role(Language::Portuguese, "frete"), Role::Content);
        assert_eq!(role(Language::English, "the"), Role::Function);
        assert_eq!(role(Language::Spanish, "hola"), Role::Greeting);
        assert!(is_greeting_pair(Language::Portuguese, "bom", "dia"));
    }
}
