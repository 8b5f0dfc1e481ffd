//! The words by which sentences say how they say something: as the house's promise, as a limit, as a sum. Lists in three
//! languages; what follows from them is told in `manner.rs`.

use crate::language::phrases::Phrases;
use std::sync::LazyLock;

/// What the customer said of a wish or a limit of their own.
pub(super) static ATTRIBUTED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "voce disse|voce mencionou|voce informou|voce pediu|voce passou|voce quer|voce falou|\
        voce escreveu|voce procura|voce comentou|que voce|seu orcamento|sua faixa|entendi|anotei|\
        seu limite|sua compra|your purchase|tu compra|su compra|you said|you mentioned|you asked|\
        you told|you want|you gave|you wrote|your budget|budget|you re looking|you are looking|i understand|\
        got it|mencionaste|dijiste|pediste|tu presupuesto|su presupuesto|usted menciono|me dijo|quieres|\
        buscas|entiendo",
    )
});

/// Words by which the house promises: what stands beside them is no repetition of the customer's wish.
pub(super) static PROMISED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "should be there|will be there|would be there|will be with you|reaches you|will reach you|lo recibes|lo recibiras|te llega|sai hoje|sai amanha|saem hoje|saem amanha|sale hoy|sale manana|ships today|goes out|offer|oferecer|ofrecer|consigo|custa|custam|cobramos|cobrado|chega|chegam|chegara|chegar|entregamos|entregue|entrega|\
        entregar|abre|abrimos|aberto|aberta|abertos|funciona|funcionamos|atendemos|temos|tem|ha|vaga|\
        vagas|disponivel|disponiveis|livre|livres|garantia|garantimos|prazo|parcelamos|pronto|pronta|\
        despachamos|enviamos|recebe|recebera|arrives|arrive|deliver|delivers|delivered|ships|open|opens|\
        available|warranty|guarantee|we have|there is|there are|ready|llega|llegara|entregaremos|\
        tenemos|hay|disponible|disponibles|abierto|listo|lista|costs|cuesta|previsao|previsto|prevista|\
        expected|estimated|marcado|marcada|agendado|agendada|reservado|reservada|booked|scheduled|\
        confirmado|confirmada|confirmed|estoque|stock|fechado|fechada|closed|cerrado",
    )
});

/// Limits: `até R$ 100` repeats what the customer wants to spend.
pub(super) const LIMITS: &str = "ate|abaixo de|menos de|dentro de|dentro dos|dos|faixa de|up to|under|below|within|hasta|\
    less than";

/// Words of the customer's own affair.
pub(super) static PERSONAL: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of("seu|sua|seus|suas|your|tu|su|tus|sus"));

/// Words of one who is in time for a day of their own.
pub(super) static TIMELY: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "a tempo|de sobra|in time|on time|a tiempo|con tiempo|com folga|da tempo|well before|plenty of time",
    )
});

/// Words of what is not known.
pub(super) static UNSURE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "nao sei|nao tenho|nao consigo|nao posso|nao encontrei|nao temos essa informacao|i don t|i do not|i can t|\
        i cannot|no se|no tengo|no puedo|posso verificar|vou verificar|confirmar se",
    )
});

/// Words of what would be if.
pub(super) static CONDITIONS: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::of("se|caso|quando|if|whether|when|si|cuando|assim que|once"));

/// Words of what nobody else can have.
pub(super) static TAKEN: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "ocupado|ocupada|ocupados|ocupadas|lotado|lotada|cheio|cheia|completo|completa|completos|completas|esgotado|\
        esgotada|agotado|agotada|reservado|reservada|llena|lleno|sem|sin|nenhum|nenhuma|ninguna|taken|full|booked|gone|\
        unavailable|indisponivel",
    )
});

/// Words of when the house is open.
pub(super) static OPENING: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "abre|abrimos|aberto|aberta|abertos|fecha|fechamos|fechado|fechada|funciona|funcionamos|\
        funcionamento|atende|atendemos|atendimento|horario|horarios|loja|open|opens|close|closes|closed|\
        hours|store|shop|abren|abierto|cerrado|cerramos|atencion|tienda",
    )
});

/// What is said of a parcel.
pub(super) static ARRIVAL: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "chega|chegam|chegara|chegarao|deve chegar|recebe|recebera|arrive|arrives|will arrive|be there by|be with you|reaches you|\
        llega|llegan|llegara|llegaran|recibes|recibiras",
    )
});

/// Days that are named by what they are.
pub(super) static HOLIDAYS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "feriado|feriados|holiday|holidays|festivo|festivos|natal|ano novo|christmas|new year|navidad|ano nuevo",
    )
});

/// Beside these an amount is a price, not a limit.
pub(super) static COSTS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of("custa|custam|costs|cuesta|frete|shipping|envio|desconto|discount|descuento")
});

/// What is available and no goods.
pub(super) static NOT_GOODS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "estou|fico|estamos|i m|we re|i am|we are|estoy|a equipe|informacao|information|informacion|\
        atendimento|site|equipe|team",
    )
});

/// What is open and not the shop.
pub(super) static NOT_THE_SHOP: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "foi|foram|fue|was|were|fatura|faturas|boleto|boletos|factura|invoice|invoices|bill|divida|chamado|ticket|pedido|order|conta|account|embalagem|caixa|pacote|package|times|slots|spots|turnos|openings|vagas|positions|appointments",
    )
});

/// Words of a sum.
pub(super) static SUMS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "looking at|with delivery|com a entrega|com entrega|con entrega|comes to|come to|adds up|add up|as duas|os dois|las dos|los dos|ambos|ambas|plus|mais|mas|total|soma|somam|somados|somadas|sumando|suman|somando|adding|tudo|juntos|juntas|ao todo|sum|altogether|together|both|en total|\
        en conjunto|todo|toda|com o frete|com frete|incluindo|including|incluido|with shipping|con envio|\
        ficam|saem|fica|sai|dao|dan|deu|totaliza|totalizan|son|hacen|suman|ficaria|ficariam|sairia|sairiam|daria|would be|would come|quedaria|quedarian",
    )
});

/// Words before what follows from what was said.
pub(super) static EXPLANATIONS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "ou seja|o que da|o que daria|o que corresponde|entao|which would be|which comes|so|that s|asi que|es decir|lo que|\
        serian|seria|seriam|portanto|por tanto",
    )
});

/// Words of how far a day is away.
pub(super) static COUNTDOWN: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "had it for|had them for|have had|ve had|faltam|faltan|atraso|atrasado|atrasada|delay|delayed|late|overdue|retraso|daqui|atras|ago|away|until|since|desde|to go|dentro de",
    )
});

/// Words of a day that is told by its neighbour.
pub(super) static NEXT_DAY: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "vespera|dia anterior|dia antes|um dia antes|dia seguinte|the day before|a day before|the day after|the next day|the eve|\
        la vispera|un dia antes|dia siguiente",
    )
});

/// Words of which of two days is first.
pub(super) static ORDERS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "antes de|antes do|antes da|depois de|depois do|depois da|apos|before|after|days later|weeks later|dias depois|dias despues|semanas depois|despues de|despues del|antes del",
    )
});

/// Words of what lies between two amounts.
pub(super) static DIFFERENCES: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::of(
        "up by|going up|goes up|sube|aumenta|aumentou|subiu|aumento|increase|increases|away from|away|short|te faltan|le faltan|faltan|diferenca|economia|economiza|economizar|economizaria|a mais|a menos|mais caro|mais barato|sobra|sobram|\
        resta|restam|restaria|restariam|restante|falta|faltam|saldo|troco|descontando|desconto de|save|saves|saving|\
        savings|difference|more than|less than|cheaper|more|less|balance|remaining|left over|leave|leaves|deixa|deixaria|deja|dejaria|ahorra|ahorras|ahorro|\
        descuenta|descontado|descontada|desconta|descontados|descontadas|abatido|abatidos|abate|deducted|minus|diferencia|mas por|mas al|mas que|menos que|de mas|queda|quedan|quedaria",
    )
});
