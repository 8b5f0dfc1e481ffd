//! Cal.com: slots that are free, bookings with ids that change when they move, a version for each endpoint.

use super::server::{Answer, Asked, Vendor};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

const BOOKING: [&str; 6] = ["start", "eventTypeId", "attendee", "metadata", "lengthInMinutes", "guests"];
const ATTENDEE: [&str; 5] = ["name", "email", "phoneNumber", "timeZone", "language"];
const HALF_HOUR: SignedDuration = SignedDuration::from_mins(30);

#[derive(Default)]
pub struct Calcom {
    pub bookings: Vec<Value>,
    /// What connected calendars hold.
    pub occupied: Vec<(Timestamp, Timestamp)>,
}

fn at(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// As the vendor writes instants.
fn text(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

fn done(status: u16, data: Value) -> Answer {
    Answer::json(status, json!({"status": "success", "data": data}))
}

fn fault(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(
        status,
        json!({"status": "error", "timestamp": "2026-11-23T13:10:00.000Z", "path": "/v2",
            "error": {"code": code, "message": message, "details": {"message": message, "statusCode": status}}}),
    )
}

impl Calcom {
    pub fn standing(&self) -> Vec<Value> {
        self.bookings.iter().filter(|booking| booking["status"] == "accepted").cloned().collect()
    }

    fn is_free(&self, from: Timestamp, until: Timestamp) -> bool {
        let booked = self.standing();
        let booked = booked.iter().map(|booking| (at(&booking["start"]), at(&booking["end"])));
        booked.chain(self.occupied.iter().copied()).all(|(start, end)| until <= start || end <= from)
    }

    /// Somebody moves a booking: it is another one from then on.
    pub fn reschedule(&mut self, uid: &str, start: Timestamp) -> Answer {
        let Some(index) = self.bookings.iter().position(|booking| booking["uid"] == uid) else {
            return fault(404, "NotFoundException", "Booking not found");
        };
        if self.bookings[index]["status"] != "accepted" {
            let message = "Can't reschedule booking with uid because it has been cancelled";
            return fault(400, "BadRequestException", message);
        }
        let length = at(&self.bookings[index]["end"]).duration_since(at(&self.bookings[index]["start"]));
        self.bookings[index]["status"] = json!("cancelled");
        if !self.is_free(start, start + length) {
            self.bookings[index]["status"] = json!("accepted");
            return fault(
                400,
                "BadRequestException",
                "User either already has booking at this time or is not available",
            );
        }
        let mut moved = self.bookings[index].clone();
        let to = format!("bk{}", self.bookings.len() + 1);
        self.bookings[index]["rescheduledToUid"] = json!(to);
        moved["uid"] = json!(to);
        moved["status"] = json!("accepted");
        moved["rescheduledFromUid"] = json!(uid);
        moved["start"] = json!(text(start));
        moved["end"] = json!(text(start + length));
        self.bookings.push(moved.clone());
        done(201, moved)
    }

    fn book(&mut self, body: &Value) -> Answer {
        let only = |object: &Value, fields: &[&str]| {
            object.as_object().unwrap().keys().all(|name| fields.contains(&name.as_str()))
        };
        assert!(only(body, &BOOKING) && only(&body["attendee"], &ATTENDEE), "{body}");
        if body["attendee"]["name"].as_str().is_none_or(str::is_empty)
            || !body["attendee"]["timeZone"].is_string()
        {
            return fault(400, "BadRequestException", "attendee.name should not be empty");
        }
        if body["attendee"]["email"].as_str().is_none_or(|email| !email.contains('@')) {
            return fault(400, "BadRequestException", "responses - {email_validation_error}");
        }
        if body["eventTypeId"] != 31 {
            return fault(404, "NotFoundException", "Event type with id not found");
        }
        assert!(body["start"].as_str().unwrap().ends_with('Z'), "a start is told in UTC");
        let start = at(&body["start"]);
        let end = start + SignedDuration::from_mins(body["lengthInMinutes"].as_i64().unwrap_or(60));
        if !self.is_free(start, end) {
            return fault(
                400,
                "BadRequestException",
                "User either already has booking at this time or is not available",
            );
        }
        let booking = json!({
            "id": self.bookings.len() + 1, "uid": format!("bk{}", self.bookings.len() + 1), "status": "accepted",
            "start": text(start), "end": text(end), "eventTypeId": 31, "eventType": {"id": 31, "slug": "visita"},
            "metadata": body["metadata"], "attendees": [body["attendee"]], "title": "Visita",
        });
        self.bookings.push(booking.clone());
        done(201, booking)
    }
}

impl Vendor for Calcom {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("authorization") != Some("Bearer cal_1") {
            return fault(401, "UnauthorizedException", "Invalid API Key");
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let version = if parts[1] == "slots" { "2024-09-04" } else { "2024-08-13" };
        assert_eq!(asked.header("cal-api-version"), Some(version), "another version is another endpoint");
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["v2", "slots"]) => {
                assert_eq!(asked.parameter("format"), Some("range"));
                if asked.parameter("eventTypeId") != Some("31") {
                    return fault(404, "NotFoundException", "Event type not found");
                }
                let mut start: Timestamp = asked.parameter("start").unwrap().parse().unwrap();
                let until: Timestamp = asked.parameter("end").unwrap().parse().unwrap();
                let mut days: Map<String, Value> = Map::new();
                start = Timestamp::from_second((start.as_second() + 1799) / 1800 * 1800).unwrap();
                while start + HALF_HOUR <= until {
                    if self.is_free(start, start + HALF_HOUR) {
                        let day = days.entry(start.strftime("%Y-%m-%d").to_string()).or_insert(json!([]));
                        let slot = json!({"start": text(start), "end": text(start + HALF_HOUR)});
                        day.as_array_mut().unwrap().push(slot);
                    }
                    start += HALF_HOUR;
                }
                done(200, Value::Object(days))
            }
            ("POST", ["v2", "bookings"]) => self.book(&asked.json()),
            ("GET", ["v2", "bookings"]) => {
                assert_eq!(
                    (asked.parameter("sortCreated"), asked.parameter("take")),
                    (Some("desc"), Some("100"))
                );
                let newest: Vec<&Value> = self.bookings.iter().rev().take(100).collect();
                done(200, json!(newest))
            }
            ("GET", ["v2", "bookings", uid]) => {
                match self.bookings.iter().find(|booking| booking["uid"] == *uid) {
                    Some(booking) => done(200, booking.clone()),
                    None => fault(404, "NotFoundException", "Booking not found"),
                }
            }
            ("POST", ["v2", "bookings", uid, "reschedule"]) => {
                let start = at(&asked.json()["start"]);
                self.reschedule(uid, start)
            }
            ("POST", ["v2", "bookings", uid, "cancel"]) => {
                let Some(booking) = self.bookings.iter_mut().find(|booking| booking["uid"] == *uid) else {
                    return fault(404, "NotFoundException", "Booking not found");
                };
                if booking["status"] != "accepted" {
                    return fault(
                        400,
                        "BadRequestException",
                        "Can't cancel booking because it has been cancelled already",
                    );
                }
                booking["status"] = json!("cancelled");
                done(200, booking.clone())
            }
            _ => fault(404, "NotFoundException", "Cannot find it"),
        }
    }
}
