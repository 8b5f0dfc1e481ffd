//! Words around and inside of people's names, folded. Only words; what a name is, is told in `persons.rs`.

use std::collections::HashSet;
use std::sync::LazyLock;

/// How surely a name follows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Introduction {
    /// Nothing else can follow.
    Strong,
    /// A trade or a place may follow as well.
    Weak,
}

pub(super) const INTRODUCTIONS: &[(&str, Introduction)] = &[
    ("me chamo", Introduction::Strong),
    ("eu me chamo", Introduction::Strong),
    ("meu nome e", Introduction::Strong),
    ("o meu nome e", Introduction::Strong),
    ("meu nome", Introduction::Weak),
    ("nome", Introduction::Weak),
    ("pode me chamar de", Introduction::Strong),
    ("me chame de", Introduction::Strong),
    ("podem me chamar de", Introduction::Strong),
    ("sou a", Introduction::Weak),
    ("sou o", Introduction::Weak),
    ("eu sou a", Introduction::Weak),
    ("eu sou o", Introduction::Weak),
    ("aqui e a", Introduction::Weak),
    ("aqui e o", Introduction::Weak),
    ("aqui e", Introduction::Weak),
    ("aqui quem fala e a", Introduction::Strong),
    ("aqui quem fala e o", Introduction::Strong),
    ("quem fala e a", Introduction::Weak),
    ("quem fala e o", Introduction::Weak),
    ("quem fala aqui e o", Introduction::Weak),
    ("quem fala aqui e a", Introduction::Weak),
    ("my name is", Introduction::Strong),
    ("my name s", Introduction::Strong),
    ("call me", Introduction::Weak),
    ("i am", Introduction::Weak),
    ("i m", Introduction::Weak),
    ("i'm", Introduction::Weak),
    ("i’m", Introduction::Weak),
    ("this is", Introduction::Weak),
    ("it's", Introduction::Weak),
    ("it’s", Introduction::Weak),
    ("it s", Introduction::Weak),
    ("me llamo", Introduction::Strong),
    ("mi nombre es", Introduction::Strong),
    ("soy", Introduction::Weak),
    ("soy el", Introduction::Weak),
    ("soy la", Introduction::Weak),
    ("habla", Introduction::Weak),
];

pub(super) const COMPANY: &[&str] = &[
    "minha empresa se chama",
    "a empresa se chama",
    "minha empresa e a",
    "minha empresa e o",
    "minha empresa e",
    "nossa empresa e a",
    "nossa empresa e",
    "a empresa e a",
    "a empresa e",
    "empresa",
    "nome da empresa",
    "nome da empresa e",
    "trabalho na",
    "trabalho no",
    "trabalho para a",
    "trabalho pra",
    "sou da empresa",
    "falo da",
    "falo pela",
    "represento a",
    "dono da",
    "dona da",
    "socio da",
    "socia da",
    "minha loja se chama",
    "minha loja e a",
    "a loja se chama",
    "loja",
    "my company is called",
    "my company is",
    "our company is",
    "company",
    "i work at",
    "i work for",
    "we are",
    "mi empresa se llama",
    "mi empresa es",
    "trabajo en",
    "sou da",
    "somos da",
    "somos a",
];

/// A small word inside of a name.
pub(super) fn is_particle(folded: &str) -> bool {
    matches!(
        folded,
        "de" | "da" | "do" | "das" | "dos" | "e" | "del" | "la" | "von" | "van" | "y" | "di" | "du" | "d"
    )
}

/// Whether the folded word is a common first name.
pub(super) fn is_first_name(folded: &str) -> bool {
    FIRST_NAMES.contains(folded)
}

static FIRST_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "ana maria joao jose antonio francisco carlos paulo pedro lucas luiz luis marcos gabriel rafael daniel marcelo bruno \
     eduardo felipe rodrigo manoel mateus matheus andre fernando fabio leonardo gustavo guilherme leandro tiago thiago \
     anderson ricardo marcio jorge sebastiao alexandre roberto edson diego vitor victor sergio claudio geraldo adriano \
     luciano julio renato alex vinicius rogerio samuel ronaldo mario flavio douglas igor davi caio henrique arthur artur \
     bernardo heitor miguel enzo murilo otavio raul wagner wesley wellington cesar ze zeca beto chico nelson ivan hugo \
     francisca antonia adriana juliana marcia fernanda patricia aline sandra camila amanda bruna jessica leticia julia \
     luciana vanessa mariana gabriela vera vitoria larissa claudia beatriz luana rita sonia renata eliane josefa simone \
     natalia cristiane carla debora rosangela jaqueline rosa daniela daniele marlene raimunda andreia andrea viviane \
     fabiana helena alice laura sofia sophia isabela isabella manuela valentina heloisa luiza luisa lara marina cecilia \
     lucia silvia regina tereza teresa monica priscila tatiana roberta carolina carol bia clara lorena elaine michele \
     john mary james robert michael william david richard thomas charles sarah susan karen nancy lisa emma olivia emily \
     peter george kevin brian steve tom mike joe jane anna kate juan carmen pablo diego javier alejandro sofia martin \
     lucía elena jorge ramon ines isabel santiago mateo camilo"
        .split_ascii_whitespace()
        .collect()
});

/// Words that are no part of a name: what people say instead of one.
pub(super) static NOT_NAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "oi ola opa eai bom boa dia tarde noite tudo bem obrigado obrigada obg valeu sim nao nunca talvez ok certo claro pode \
     poderia quero queria gostaria preciso precisamos tenho temos tinha sou era foi estou ta esta estao isso isto aquilo \
     aqui ali la agora depois antes hoje amanha ontem ja ainda mais menos muito muita pouco nada tudo algo alguem ninguem \
     que qual quais quem quando quanto quantos como onde porque porq pq por pra para pro com sem sobre ate em no na nos \
     nas um uma uns umas se mas ou voce voces vc vcs eu ele ela eles elas nos meu minha seu sua esse essa este \
     preco precos valor valores orcamento produto produtos loja site sistema curso plano empresa negocio cliente dono dona \
     socio socia gerente diretor diretora vendedor vendedora responsavel interessado interessada secretaria aluno aluna \
     professor professora medico medica advogado advogada estudante autonomo autonoma funcionario funcionaria mae pai \
     filho filha irmao irma esposa marido amigo amiga atendente humano pessoa robo bot assistente menina menino moca moco \
     reais real mil dinheiro email telefone celular whatsapp zap numero cpf cnpj cep endereco nome sobrenome idade cidade \
     saber falar comprar ver fazer ter ser estar ir vou vai vamos fica ficar mandar manda enviar envia pagar vender trocar \
     ajuda ajudar marcar agendar cancelar continuar parar pular voltar desculpa desculpe prefiro prefere dizer informar \
     idiota burro burra merda bosta porra caralho puta puto fdp vtnc foda foder cu otario otaria lixo viado corno palhaco \
     palhaca imbecil babaca trouxa arrombado desgracado inferno vagabundo vagabunda fodase cacete \
     kkk kkkk kkkkk haha hahaha rsrs rs lol teste testando asdf qwerty xxx anonimo anonima fulano fulana ciclano beltrano \
     batman homem mulher superman mickey ninguem qualquer deus jesus papai noel \
     yes no not maybe hello hi hey good morning afternoon evening thanks thank please sorry what which who when where why \
     how much many price quote i you he she it we they my your the a an is are am was this that here there now later today \
     tomorrow want need have would like could can will looking interested owner manager just nothing nobody none someone \
     ok okay sure fine well so and or but for from to of in on at with about idiot stupid fuck shit bitch asshole bastard \
     student teacher working calling trying happy ready from glad afraid \
     hola buenos buenas dias tardes noches gracias si quiero quisiera necesito tengo tenemos soy estoy precio presupuesto \
     cuanto cuando donde quien cual por para con sin pero porque ahora luego despues manana hoy nada todo algo nadie ustedes \
     usted yo el ella nosotros dueno duena idiota mierda pendejo cabron puto"
        .split_ascii_whitespace()
        .collect()
});
