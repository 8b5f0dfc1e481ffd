//! What the program itself says on WhatsApp, without a model.

use crate::domain::language::Language;

/// Meta's code for a message whose content did not come.
const NOT_THERE: i64 = 131_060;

/// To a message that does not show here. `code` is Meta's for why.
pub(super) fn unseen(language: Language, code: Option<i64>) -> &'static str {
    match (code, language) {
        (Some(NOT_THERE), Language::Portuguese) => {
            "Sua mensagem não chegou até aqui. Pode repetir, por favor?"
        }
        (Some(NOT_THERE), Language::English) => "Your message did not reach us. Could you repeat it, please?",
        (Some(NOT_THERE), Language::Spanish) => "Su mensaje no nos llegó. ¿Puede repetirlo, por favor?",
        (_, Language::Portuguese) => {
            "Não consigo ver esse tipo de mensagem por aqui. Pode me contar por escrito?"
        }
        (_, Language::English) => "I cannot see this kind of message here. Could you tell me in writing?",
        (_, Language::Spanish) => "No puedo ver ese tipo de mensaje aquí. ¿Me lo puede contar por escrito?",
    }
}

/// To a voice message that nobody here can listen to.
pub(super) fn unheard(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "Ainda não consigo ouvir áudios por aqui. Pode me escrever, por favor?",
        Language::English => "I cannot listen to voice messages here yet. Could you write to me, please?",
        Language::Spanish => "Todavía no puedo escuchar audios aquí. ¿Me lo puede escribir, por favor?",
    }
}

/// To who wants no more messages that they did not ask for.
pub(super) fn opted_out(language: Language) -> &'static str {
    match language {
        Language::Portuguese => {
            "Pronto, você não recebe mais mensagens nossas sem pedir. Se precisar de algo, é só escrever; para voltar a \
             receber, responda VOLTAR."
        }
        Language::English => {
            "Done, you will get no more messages from us unless you ask. If you need anything, just write; to receive \
             them again, answer START."
        }
        Language::Spanish => {
            "Listo, ya no recibe mensajes nuestros sin pedirlos. Si necesita algo, solo escriba; para volver a recibirlos, \
             responda VOLVER."
        }
    }
}

/// To who wants them again.
pub(super) fn opted_in(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "Combinado, você volta a receber nossas mensagens. Para sair, responda SAIR.",
        Language::English => "Agreed, you will receive our messages again. To stop them, answer STOP.",
        Language::Spanish => "De acuerdo, vuelve a recibir nuestros mensajes. Para salir, responda SALIR.",
    }
}

/// The name of a person of the business whom Meta does not name.
pub(super) fn team(language: Language) -> &'static str {
    match language {
        Language::Portuguese => "Equipe",
        Language::English => "Team",
        Language::Spanish => "Equipo",
    }
}

/// The name of another program that has conversations of the number.
pub(super) const OTHER_PROGRAM: &str = "WhatsApp";
