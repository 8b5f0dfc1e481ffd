//! What somebody who is asked things says instead of an answer: that they would rather not, do not know, wonder why, want
//! to skip, go back, go on later, go on now, stop, or speak to a person. Whole phrases in three languages; what follows
//! from them is for the caller to decide.

use super::phrases::{Phrases, spaced};
use std::sync::LazyLock;

/// What somebody wants of the one who asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Want {
    /// The next question.
    Skip,
    /// The question before.
    Back,
    /// To go on another time.
    Pause,
    /// To go on where it stopped.
    GoOn,
    /// No more questions.
    Stop,
    /// A person.
    Person,
}

/// A message's phrases, ready to be looked at.
pub struct Wishes {
    spaced: String,
    words: usize,
}

impl Wishes {
    /// Reads `text`.
    pub fn of(text: &str) -> Self {
        let spaced = spaced(text);
        let words = spaced.split_ascii_whitespace().count();
        Self { spaced, words }
    }

    /// What is wanted, if something is.
    pub fn want(&self) -> Option<Want> {
        let spaced = &self.spaced;
        // `não quero falar com ninguém`
        let says_not = NO_PERSON.are_in(spaced);
        if PERSON.are_in(spaced) && !says_not {
            return Some(Want::Person);
        }
        if STOP.are_in(spaced) || self.words <= 2 && STOP_ALONE.are_in(spaced) {
            return Some(Want::Stop);
        }
        if PAUSE.are_in(spaced) || self.words <= 2 && PAUSE_ALONE.are_in(spaced) {
            return Some(Want::Pause);
        }
        if GO_ON.are_in(spaced) || self.words <= 3 && GO_ON_ALONE.are_in(spaced) {
            return Some(Want::GoOn);
        }
        if BACK.are_in(spaced) || self.words <= 2 && BACK_ALONE.are_in(spaced) {
            return Some(Want::Back);
        }
        let skips = SKIP.are_in(spaced) || self.words <= 3 && SKIP_ALONE.are_in(spaced);
        skips.then_some(Want::Skip)
    }

    /// Whether an answer is refused.
    pub fn refuses(&self) -> bool {
        REFUSES.are_in(&self.spaced)
    }

    /// Whether the answer is not known.
    pub fn does_not_know(&self) -> bool {
        UNKNOWN.are_in(&self.spaced) || self.words <= 4 && UNKNOWN_ALONE.are_in(&self.spaced)
    }

    /// Whether the reason of the question is wondered about.
    pub fn asks_why(&self) -> bool {
        WHY.are_in(&self.spaced) || self.words <= 3 && WHY_ALONE.are_in(&self.spaced)
    }

    /// Whether what was said before is taken back or mended.
    pub fn corrects(&self) -> bool {
        CORRECTS.are_in(&self.spaced)
    }

    /// Whether it is said with doubt.
    pub fn doubts(&self) -> bool {
        DOUBTS.are_in(&self.spaced)
    }

    /// Whether it is laughed at.
    pub fn laughs(&self) -> bool {
        self.spaced.split_ascii_whitespace().any(|word| {
            let repeats = |letter: char| word.len() >= 3 && word.chars().all(|character| character == letter);
            repeats('k')
                || word.starts_with("haha")
                || word.starts_with("rsrs")
                || word.starts_with("jaja")
                || word.starts_with("hehe")
                || matches!(word, "lol" | "lmao" | "zueira" | "brincadeira" | "joking" | "kidding")
        })
    }

    /// Whether something else is asked for: a question without its mark, or a request.
    pub fn requests(&self) -> bool {
        REQUESTS.are_in(&self.spaced)
            || OPENINGS.iter().any(|opening| self.spaced.trim_start().starts_with(opening))
    }
}

macro_rules! phrases {
    ($($name:ident = $list:literal;)*) => {
        $(static $name: LazyLock<Phrases> = LazyLock::new(|| Phrases::of($list));)*
    };
}

phrases! {
    PERSON = "falar com alguem|alguem ai pra falar|alguem pra falar|alguem para falar|pra falar comigo|falar com uma pessoa|falar com um atendente|falar com uma atendente|falar com atendente|\
        falar com humano|falar com um humano|falar com gente|falar com um vendedor|falar com o vendedor|falar com vendedor|\
        falar com o gerente|falar com um consultor|falar com consultor|atendimento humano|atendente humano|pessoa de verdade|\
        me liga|me liguem|podem me ligar|prefiro falar por telefone|falar por telefone|chama alguem|chama um atendente|\
        me passa pra alguem|me passe para alguem|quero um atendente|quero uma pessoa|um ser humano|falar com voces por telefone|\
        talk to someone|speak to someone|talk to a person|speak to a person|speak with a person|talk to a human|\
        speak to a human|real person|human agent|talk to an agent|speak with someone|talk to somebody|call me please|\
        hablar con alguien|hablar con una persona|hablar con un humano|hablar con un asesor|una persona real|\
        hablar con un agente";
    NO_PERSON = "nao quero falar|nao precisa me ligar|nao me liga|nao me liguem|don t call|do not call|no quiero hablar|\
        prefiro nao falar|sem falar com";
    STOP = "chega de pergunta|chega de perguntas|nao quero responder|nao vou responder|nao quero mais responder|\
        para de perguntar|pare de perguntar|parem de perguntar|para com isso|quanta pergunta|quantas perguntas|\
        muita pergunta|muitas perguntas|pergunta demais|perguntas demais|nao quero mais|desisto|desisti|cansei|\
        me deixa em paz|encerrar|encerra|pode encerrar|cancela tudo|nao tenho interesse|sem interesse|nao me interessa|\
        perdi o interesse|stop asking|too many questions|i don t want to answer all|don t want to answer any|no more questions|\
        not interested|i give up|leave me alone|enough questions|no quiero responder|no quiero contestar|demasiadas preguntas|\
        muchas preguntas|no me interesa|basta de preguntas|dejame en paz";
    STOP_ALONE = "chega|pare|parar|stop|quit|sair|basta|enough|cancelar|cancela|salir";
    PAUSE = "depois continuo|continuo depois|depois a gente continua|depois eu continuo|continuamos depois|mais tarde continuo|\
        agora nao posso|agora nao da|nao posso agora|nao da agora|nao consigo agora|agora nao consigo|estou dirigindo|to dirigindo|\
        estou em reuniao|to em reuniao|estou ocupado|estou ocupada|to ocupado|to ocupada|preciso sair|tenho que sair|\
        te respondo depois|respondo depois|depois respondo|depois eu respondo|respondo mais tarde|volto depois|volto mais tarde|\
        falo depois|depois eu falo|depois falo|depois eu volto|amanha continuo|amanha eu respondo|me chama depois|\
        me chama amanha|agora to sem tempo|estou sem tempo agora|to sem tempo agora|deixa pra depois|pode ser depois|\
        can t talk now|can t right now|not now i m busy|i m busy|i am busy|i m driving|later please|continue later|\
        i ll continue later|i ll get back|get back to you|i ll answer later|talk later|be back later|i have to go|gotta go|\
        ahora no puedo|estoy ocupado|estoy ocupada|despues sigo|sigo despues|luego continuo|mas tarde respondo|te respondo luego|\
        continuamos luego|estoy manejando";
    PAUSE_ALONE = "depois|mais tarde|agora nao|later|not now|despues|luego|mas tarde|ahora no|pausar|pausa|pause";
    GO_ON = "podemos continuar|vamos continuar|pode continuar|quero continuar|queria continuar|gostaria de continuar|da pra continuar|\
        bora continuar|podemos retomar|vamos retomar|quero retomar|queria retomar|podemos seguir|pode seguir|de onde paramos|\
        onde a gente parou|onde paramos|agora posso falar|agora eu posso|agora posso|let s continue|let s go on|can we continue|\
        can we go on|we can continue|ready to continue|i want to continue|i d like to continue|where we stopped|where were we|\
        where we left off|quiero continuar|sigamos|continuemos|donde quedamos|quisiera continuar|ahora puedo";
    GO_ON_ALONE = "voltei|to de volta|estou de volta|continuando|retomando|i m back|back again|volvi|ya volvi|regrese|\
        estoy de vuelta";
    BACK = "volta uma|voltar uma|volta a pergunta|pergunta anterior|errei a anterior|errei a ultima|respondi errado|\
        quero corrigir a anterior|volta pra anterior|voltar para a anterior|corrigir a resposta anterior|a anterior ta errada|\
        a anterior esta errada|go back|previous question|last question again|i answered wrong|wrong answer before|\
        pregunta anterior|respondi mal|quiero volver";
    BACK_ALONE = "voltar|volta|anterior|back|volver|atras";
    SKIP = "pular essa|pula essa|pular esta|pula esta|pular pergunta|pular a pergunta|pode pular|quero pular|pula ai|passa essa|\
        passar essa|proxima pergunta|vamos pra proxima|vai pra proxima|skip this|skip that|skip it|next question|\
        saltar esta|saltar pregunta|siguiente pregunta|pasar a la siguiente";
    SKIP_ALONE = "pular|pula|proxima|skip|next|passo|saltar|siguiente|pasar";
    REFUSES = "prefiro nao dizer|prefiro nao informar|prefiro nao falar|prefiro nao passar|prefiro nao responder|\
        prefiro nao compartilhar|nao quero dizer|nao quero informar|nao quero passar|nao quero falar|nao quero dar|nao quero divulgar|\
        nao gostaria de informar|nao gostaria de dizer|nao gostaria de passar|nao vou informar|nao vou passar|nao vou dizer|\
        nao vou dar|nao vou falar|nao passo|nao informo|isso e pessoal|e pessoal|muito pessoal|e confidencial|confidencial|\
        e particular|nao e da sua conta|nao te interessa|nao interessa|nao e da conta de voces|nao me sinto a vontade|\
        nao me sinto confortavel|prefiro manter em sigilo|e sigiloso|nao posso informar|nao posso dizer|nao posso revelar|\
        nao posso passar|prefiro nao|rather not say|rather not|prefer not to say|prefer not to|don t want to say|\
        don t want to share|don t want to tell|none of your business|that s private|that is private|it s private|it s personal|\
        that s personal|is confidential|that s confidential|won t share|not comfortable|not going to tell|\
        prefiero no decir|prefiero no decirlo|prefiero no responder|prefiero no|no quiero decir|no quiero decirlo|no quiero dar|\
        es personal|es privado|es confidencial|no es asunto tuyo|no te incumbe";
    UNKNOWN = "nao sei|sei la|n sei|nao faco ideia|nao tenho ideia|sem ideia|ainda nao pensei|nao pensei nisso|nao pensei ainda|\
        nao tenho certeza|ainda nao decidi|nao decidi|nao decidimos|ainda nao defini|nao defini|nao definimos|ainda nao definimos|\
        nao lembro|nao me lembro|nao recordo|tanto faz|qualquer um|qualquer uma|indeciso|indecisa|estou em duvida|to em duvida|\
        to na duvida|estou na duvida|ainda nao sei|tenho que ver|preciso ver|vou ver|nao parei pra pensar|nao calculei|\
        depende do|depende de|depende da|nao tenho em mente|sem nocao|nao tenho nocao|i don t know|dont know|don t know|do not know|\
        no idea|not sure|haven t decided|haven t thought|have not decided|i m unsure|it depends|depends on|no clue|can t remember|\
        i don t remember|no se|no lo se|no tengo idea|ni idea|no estoy seguro|no estoy segura|no lo he pensado|\
        todavia no se|no recuerdo|depende del|no lo decidi";
    UNKNOWN_ALONE = "depende|nenhuma ideia|idk|dunno|a definir|a decidir|a combinar|indefinido|varia|tbd|hm|hmm|sem certeza";
    WHY = "pra que voces precisam|pra que voce precisa|para que voces precisam|para que voce precisa|pra que precisam|\
        pra que precisa|para que precisa|por que voces precisam|por que voce precisa|por que precisa|porque precisa|\
        porque voce precisa|porque voces precisam|por que voce quer|por que quer saber|por que voces querem|porque quer saber|\
        porque voce quer|pra que voce quer|pra que voces querem|pra que quer saber|pra que quer|pra que serve isso|pra que isso|\
        para que isso|por que isso|porque isso|pra que essa pergunta|por que essa pergunta|por que perguntam|por que pergunta|\
        porque pergunta|qual o motivo|qual a finalidade|o que voces vao fazer com|o que vao fazer com|vai fazer o que com|\
        why do you need|why do you want|why do you ask|why are you asking|why you need|what do you need that for|what for|\
        why is that|what will you do with|para que necesitan|para que lo necesitan|por que necesitan|por que preguntan|\
        para que quieren|por que quieren|por que lo preguntas|para que es eso";
    WHY_ALONE = "por que|pra que|pq|why|why that|por que isso|para que|porque|ue pra que";
    CORRECTS = "na verdade|errei|me enganei|enganei me|falei errado|digitei errado|escrevi errado|corrigindo|correcao|corrige|\
        corrija|quis dizer|quero dizer|queria dizer|digo|retificando|desculpa e|perdao e|muda o|muda a|mudar o|mudar a|mude o|\
        mude a|troca o|troca a|trocar o|trocar a|altera o|altera a|alterar o|atualiza o|esquece o que eu disse|melhor dizendo|\
        pensando melhor|pensei melhor|alias|ops|opa errei|nao e|nao sao|e sim|ta errado|esta errado|tava errado|\
        actually|i meant|i mean|correction|my mistake|sorry it s|change the|change my|change it|make it|on second thought|wrong|\
        oops|it s not|rather|en realidad|me equivoque|quise decir|correccion|perdon es|cambia el|cambia la|cambiar el|\
        mejor dicho|pensandolo bien|no es|sino";
    DOUBTS = "acho que|acho|talvez|quem sabe|mais ou menos|nao tenho certeza|provavelmente|creio que|se nao me engano|\
        por ai|chuto|no chute|i think|maybe|perhaps|probably|not sure|i guess|more or less|creo que|tal vez|quizas|mas o menos|\
        probablemente|ainda nao sei|nao sei|no se|don t know";
    REQUESTS = "quanto custa|quanto e|quanto fica|quanto sai|qual o preco|qual o valor|qual e o preco|queria saber|quero saber|\
        gostaria de saber|voces tem|voces fazem|voces entregam|voces atendem|voces aceitam|voces trabalham|tem como|me manda|me mande|\
        me envia|me envie|manda o|manda a|me explica|me explique|tem desconto|parcela em|aceita cartao|onde fica|onde voces|\
        que horas|como funciona|me fala mais|do you|can you|could you|how much|how does|how do|tell me|send me|where are|\
        i want to know|i d like to know|cuanto cuesta|cuanto sale|quiero saber|quisiera saber|ustedes tienen|me puedes|\
        puedes enviar|como funciona|donde estan";
}

/// Words that a question begins with.
const OPENINGS: &[&str] = &[
    "qual ",
    "quais ",
    "quanto ",
    "quantos ",
    "sera que ",
    "o que ",
    "what ",
    "which ",
    "how ",
    "where ",
    "is it ",
    "are you ",
    "does ",
    "cual ",
    "cuanto ",
    "donde ",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_are_heard() {
        for (text, want) in [
            ("pular", Some(Want::Skip)),
            ("pode pular essa?", Some(Want::Skip)),
            ("voltar", Some(Want::Back)),
            ("errei a anterior", Some(Want::Back)),
            ("depois continuo", Some(Want::Pause)),
            ("agora não posso, tô dirigindo", Some(Want::Pause)),
            ("oi, voltei!", Some(Want::GoOn)),
            ("boa tarde, podemos continuar?", Some(Want::GoOn)),
            ("I'm back", Some(Want::GoOn)),
            ("ya volví", Some(Want::GoOn)),
            ("volta", Some(Want::Back)),
            ("não quero responder isso tudo", Some(Want::Stop)),
            ("chega", Some(Want::Stop)),
            ("quero falar com alguém", Some(Want::Person)),
            ("não quero falar com um vendedor", None),
            ("I'd rather talk to a human", Some(Want::Person)),
            ("quiero hablar con una persona", Some(Want::Person)),
            ("chega dia 15", None),
            ("tenho 5 mil", None),
        ] {
            assert_eq!(Wishes::of(text).want(), want, "{text}");
        }
        assert!(Wishes::of("prefiro não dizer").refuses());
        assert!(Wishes::of("sei lá").does_not_know());
        assert!(Wishes::of("depende").does_not_know());
        assert!(Wishes::of("pra que vocês precisam disso?").asks_why());
        assert!(!Wishes::of("preciso pra que dia 15 esteja pronto").asks_why());
        assert!(Wishes::of("um trilhão kkkk").laughs());
    }
}
