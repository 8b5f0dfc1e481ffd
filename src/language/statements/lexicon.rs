//! Words that make a number a statement (units, weekdays, months) and words that name nothing (`custa`, `apenas`). Folded,
//! in pt, en and es at once: a reply and its evidence may be in two languages.

use crate::language::sizes::size_of;
use std::collections::HashSet;
use std::sync::LazyLock;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    /// So many minutes.
    Minutes(u32),
    /// So many months.
    Months(u32),
    /// A measure or a piece, by its canonical name.
    Of(&'static str),
}

/// The unit that a folded word is.
pub(super) fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "min" | "mins" | "minuto" | "minutos" | "minute" | "minutes" => Unit::Minutes(1),
        "h" | "hs" | "hr" | "hrs" | "hora" | "horas" | "hour" | "hours" => Unit::Minutes(60),
        "dia" | "dias" | "day" | "days" => Unit::Minutes(24 * 60),
        "noite" | "noites" | "night" | "nights" | "noche" | "noches" => Unit::Of("night"),
        "semana" | "semanas" | "week" | "weeks" => Unit::Minutes(7 * 24 * 60),
        "quinzena" | "fortnight" => Unit::Minutes(15 * 24 * 60),
        "mes" | "meses" | "month" | "months" => Unit::Months(1),
        "ano" | "anos" | "year" | "years" => Unit::Months(12),
        "un" | "und" | "unid" | "unidade" | "unidades" | "unidad" | "unidades." | "unit" | "units"
        | "peca" | "pecas" | "pieza" | "piezas" | "piece" | "pieces" | "pc" | "pcs" | "item" | "itens"
        | "items" | "exemplares" => Unit::Of("piece"),
        "x" | "vez" | "vezes" | "veces" | "parcela" | "parcelas" | "prestacoes" | "cuota" | "cuotas"
        | "installment" | "installments" | "instalments" => Unit::Of("times"),
        "kg" | "kgs" | "quilo" | "quilos" | "kilo" | "kilos" => Unit::Of("kg"),
        "g" | "gr" | "grama" | "gramas" | "gram" | "grams" | "gramos" => Unit::Of("g"),
        "l" | "lt" | "litro" | "litros" | "liter" | "liters" | "litre" | "litres" => Unit::Of("l"),
        "ml" | "mililitros" => Unit::Of("ml"),
        "mm" => Unit::Of("mm"),
        "cm" | "centimetro" | "centimetros" | "centimeters" => Unit::Of("cm"),
        "m" | "metro" | "metros" | "meter" | "meters" => Unit::Of("m"),
        "km" | "quilometro" | "quilometros" | "kilometros" | "kilometers" => Unit::Of("km"),
        "pessoa" | "pessoas" | "persona" | "personas" | "person" | "people" | "guests" | "comensales"
        | "pax" | "convidados" | "hospedes" | "huespedes" => Unit::Of("person"),
        "gb" | "gigas" => Unit::Of("gb"),
        "tb" => Unit::Of("tb"),
        "mb" => Unit::Of("mb"),
        "w" | "watts" => Unit::Of("w"),
        "v" | "volts" => Unit::Of("v"),
        "mah" => Unit::Of("mah"),
        "hz" => Unit::Of("hz"),
        "polegada" | "polegadas" | "inch" | "inches" | "pulgadas" => Unit::Of("inch"),
        "ponto" | "pontos" | "puntos" | "points" => Unit::Of("point"),
        _ => return None,
    })
}

/// The measure that a folded word names: `noites` are nights.
pub fn measure_of(word: &str) -> Option<&'static str> {
    match unit(word)? {
        Unit::Of(name) => Some(name),
        Unit::Minutes(_) | Unit::Months(_) => None,
    }
}

/// How the days of a length are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pace {
    /// It is not said.
    Unsaid,
    /// Business days.
    Business,
    /// Every day counts.
    Running,
}

/// What a word beside `days` says of them.
pub(super) fn pace(word: &str) -> Option<Pace> {
    match word {
        "uteis" | "util" | "habiles" | "habil" | "laborables" | "laborable" | "business" | "working" => {
            Some(Pace::Business)
        }
        "corridos" | "corrido" | "naturales" | "calendar" | "consecutivos" => Some(Pace::Running),
        _ => None,
    }
}

/// The weekday (Monday is 0) that a folded word names.
pub(super) fn weekday(word: &str) -> Option<u8> {
    Some(match word {
        "segunda" | "segundas" | "seg" | "monday" | "mondays" | "mon" | "lunes" => 0,
        "terca" | "tercas" | "tuesday" | "tuesdays" | "tue" | "martes" => 1,
        "quarta" | "quartas" | "qua" | "wednesday" | "wednesdays" | "wed" | "miercoles" => 2,
        "quinta" | "quintas" | "qui" | "thursday" | "thursdays" | "thu" | "jueves" => 3,
        "sexta" | "sextas" | "friday" | "fridays" | "fri" | "viernes" => 4,
        "sabado" | "sabados" | "sab" | "saturday" | "saturdays" => 5,
        "domingo" | "domingos" | "sunday" | "sundays" => 6,
        _ => return None,
    })
}

/// Abbreviations that are other words too, unless they end or begin a stretch of days.
pub(super) fn short_weekday(word: &str) -> Option<u8> {
    weekday(word).or(match word {
        "lun" => Some(0),
        "ter" | "mar" => Some(1),
        "mie" => Some(2),
        "jue" => Some(3),
        "sex" | "vie" => Some(4),
        "sat" => Some(5),
        "dom" | "sun" => Some(6),
        _ => None,
    })
}

/// Behind these, `segunda` or `quinta` counts and names no day.
pub(super) fn is_counted(word: &str) -> bool {
    matches!(
        word,
        "via"
            | "opcao"
            | "parcela"
            | "vez"
            | "unidade"
            | "compra"
            | "etapa"
            | "parte"
            | "linha"
            | "loja"
            | "camada"
            | "mao"
            | "chance"
            | "tentativa"
            | "pergunta"
            | "casa"
            | "versao"
            | "fase"
            | "edicao"
    )
}

/// The month (January is 1) that a folded word names.
pub(super) fn month(word: &str) -> Option<u8> {
    const NAMES: [[&str; 3]; 12] = [
        ["janeiro", "january", "enero"],
        ["fevereiro", "february", "febrero"],
        ["marco", "march", "marzo"],
        ["abril", "april", "abril"],
        ["maio", "may", "mayo"],
        ["junho", "june", "junio"],
        ["julho", "july", "julio"],
        ["agosto", "august", "agosto"],
        ["setembro", "september", "septiembre"],
        ["outubro", "october", "octubre"],
        ["novembro", "november", "noviembre"],
        ["dezembro", "december", "diciembre"],
    ];
    if word.len() < 3 {
        return None;
    }
    let place = NAMES.iter().position(|names| {
        names.contains(&word) || (word.len() == 3 && names.iter().any(|name| name.starts_with(word)))
    });
    place.and_then(|place| u8::try_from(place + 1).ok())
}

/// Words that stand between the ends of a stretch: `9h às 18h`, `seg-sex`, `3 a 5 dias`, `from 2 to 4`.
pub(super) fn joins(word: &str) -> bool {
    matches!(
        word,
        "a" | "as"
            | "ate"
            | "to"
            | "through"
            | "thru"
            | "till"
            | "until"
            | "al"
            | "-"
            | "–"
            | "—"
            | "e"
            | "y"
            | "and"
            | "ou"
            | "or"
            | "o"
            | "hasta"
    )
}

/// One word for what a field of a result and a sentence of a reply call differently: `delivery_fee`, `frete`. `None` for a
/// word that is its own subject.
pub(super) fn shared(word: &str) -> Option<&'static str> {
    Some(match word {
        "frete" | "fretes" | "envio" | "envios" | "shipping" | "freight" | "postage" => "@shipping",
        "entrega" | "entregas" | "entregue" | "chega" | "chegada" | "chegam" | "chegara" | "llega"
        | "llegara" | "llegada" | "delivery" | "deliver" | "delivers" | "delivered" | "arrive"
        | "arrives" | "arrival" | "eta" | "previsao" | "prevista" | "previsto" | "estimated" | "estimada" => {
            "@delivery"
        }
        "total" | "totals" => "@total",
        "subtotal" => "@subtotal",
        "desconto" | "descontos" | "descuento" | "descuentos" | "discount" | "discounts" | "off" => {
            "@discount"
        }
        "antes" | "era" | "was" | "old" | "original" | "originally" | "previous" | "anterior" => "@before",
        "created" | "criado" | "criada" | "creado" | "placed" | "ordered" | "feito" | "feita"
        | "realizado" => "@created",
        "left" | "remaining" | "restantes" | "restante" | "quedan" | "queda" | "restam" | "resta"
        | "restan" | "sobram" | "sobra" => "@left",
        "used" | "usadas" | "usados" | "usada" | "usado" => "@used",
        "estoque" | "stock" | "inventory" => "@stock",
        "sinal" | "deposit" | "deposito" | "senal" => "@deposit",
        "multa" | "penalty" => "@penalty",
        "minimo" | "minima" | "minimum" | "min" => "@least",
        "maximo" | "maxima" | "maximum" | "max" => "@most",
        "opens" | "open" | "abre" | "abrimos" | "opening" | "apertura" => "@opens",
        "closes" | "close" | "fecha" | "fechamos" | "closing" | "cierra" => "@closes",
        "comeca" | "comecam" | "inicio" | "inicia" | "start" | "starts" | "begins" | "begin" | "empieza"
        | "comienza" => "@begins",
        "termina" | "terminam" | "fim" | "end" | "ends" | "acaba" | "encerra" | "fin" => "@ends",
        "abertura" => "@opens",
        "vencimento" | "vence" | "due" | "expires" | "vencimiento" => "@due",
        "partida" | "saida" | "departure" | "decola" | "departs" | "salida" => "@departs",
        "pickup" | "picking" | "pick" | "retirada" | "retirar" | "retira" | "retirando" | "recoge"
        | "recoges" | "retirarlo" | "retirarla" | "recogerlo" | "recogerla" | "retiro" | "recoger"
        | "recogida" => "@pickup",
        "trial" | "try" | "teste" | "testar" | "prueba" | "probar" => "@trial",
        "pix" => "@pix",
        "garantia" | "warranty" | "guarantee" => "@warranty",
        "devolucao" | "devolucoes" | "devolver" | "devolvido" | "devolvida" | "return" | "returns"
        | "returned" | "devolucion" | "devoluciones" | "devuelto" => "@return",
        "troca" | "trocas" | "trocar" | "troque" | "trocado" | "trocada" | "trocados" | "trocadas"
        | "exchange" | "exchanges" | "exchanged" | "cambio" | "cambios" | "cambiar" | "cambiado"
        | "cambiada" => "@exchange",
        _ => return shared_size(None, word),
    })
}

/// One word for a size; `before` is the word before it.
pub(super) fn shared_size(before: Option<&String>, word: &str) -> Option<&'static str> {
    size_of(before, word).map(|size| match size {
        "pequeno" => "@small",
        "medio" => "@medium",
        _ => "@large",
    })
}

/// Words around a number that name no subject, folded.
static NEUTRAL: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let words = "custa custam custando custo sai saem fica ficam vale valem valor preco precos apenas somente \
        hoje agora cada unidade vista partir leva levar temos tem sim claro otimo otima pronto certo \
        aqui esta estao disponivel disponiveis encontrei oferecemos cobramos reais real cerca quase \
        aproximadamente acima abaixo dentro acordo conforme sendo sera serao isso dele dela novo nova \
        prazo dias dia uteis horas hora vezes juros ainda mas cost costs price prices priced only just \
        each yes sure goes sells available worth today now starting starts about around takes take \
        within days day business hours hour cents value amount currently right great cuesta cuestan \
        precio precios solo cuenta tenemos ahora sale salen queda casi unos reales habiles tarda demora \
        plazo entre between from your para los las the and with por pela pelo que voce nossa nosso loja \
        store shop tienda produto product producto item pedido order numero number usd brl data date \
        fecha horario horarios when quando cuando price_cents until ate hasta segue seguem opcao opcoes \
        options option opciones opcion tipo type name nome nombre mais menos more less muito than ja ya \
        already tambem also tambien all todos todas todo toda every quedan restam resta restan sobraram \
        dura duram dure inclui incluye includes comes come vem vai vao van oferece offers ofrece lasts \
        levando comprando centavos previsao acontece das dos nas nos fora";
    words.split_ascii_whitespace().collect()
});

/// Whether a folded word names no subject of a number.
pub(super) fn is_neutral(word: &str) -> bool {
    NEUTRAL.contains(word)
}
