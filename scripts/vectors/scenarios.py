"""What a person does at a login, which every client then writes in its own way.

A scenario is a dictionary: `name`, `place` (where the account or session stands), `field` (its name, a JSON pointer,
or the number of a path segment), `target`, `account` (what the application takes for it), `session`, and what is to
be sent: `fields` (a form; those with `filename` are files), `json`, `text` (a JSON document to be sent as it is), `user`
and `password`, `token`, or `cookies`.
"""

import base64
import json
from urllib.parse import unquote

ANNA = "anna.müller+x@example.com"
ASCII = "anna.mueller+x@example.com"
ALL_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ pw"
PASSWORDS = {
    "quotes": 'he said "it\'s" `so`',
    "semicolons": "a;b;c=d; email=x",
    "ampersands": "a&b&&c=d",
    "percents": "100%25%zz%",
    "equals": "==a=b==",
    "braces": '{"email":[1]}{',
    "emoji": "pässwörd🔑🦊",
    "long": "Correct-Horse/Battery+Staple_" * 7,
    "signs": ALL_SIGNS,
    "blanks": "  two blanks  ",
    "backslashes": 'C:\\new\\"x\\\\',
}
ACCOUNTS = {
    "umlaut": ANNA,
    "apostrophe": "sinéad.o'neil@example.ie",
    "trailing-blank": "bob@example.com ",
    "capitals": "Bob.Smith@Example.COM",
    "long": "a" * 64 + "@" + "sub." * 40 + "example.com",
    "name": "bob",
    "phone": "+49 170 1234567",
    "domain": "EXAMPLE\\bob",
    "idn": "info@müller-söhne.de",
    "signs": "a!#$%&'*+/=?^_`{|}~-z@example.com",
}
PNG = base64.b64encode(bytes.fromhex("89504e470d0a1a0a0000000d49484452") + bytes(range(64))).decode()
JWT = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwiZW1haWwiOiJhbm5hQGV4YW1wbGUuY29tIn0"
    ".dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
)


def text(name, value):
    return {"name": name, "value": value}


def file(name, filename, kind, content):
    return {"name": name, "filename": filename, "type": kind, "base64": content}


def plain(value):
    return base64.b64encode(value.encode()).decode()


def scenario(place, name, field, account=None, session=None, target="/login", method="POST", **more):
    return {
        "name": f"{place}-{name}",
        "place": place,
        "field": field,
        "target": target,
        "method": method,
        "account": account,
        "session": session,
        **more,
    }


def form_fields():
    """Name, field, account and fields of forms, which may be urlencoded or multipart."""
    for name, account in ACCOUNTS.items():
        yield f"account-{name}", "email", account, [text("email", account), text("password", "hunter2")]
    for name, password in PASSWORDS.items():
        yield f"password-{name}", "email", ASCII, [text("email", ASCII), text("password", password)]
    yield "rails", "user[email]", ANNA, [
        text("utf8", "✓"),
        text("_method", "put"),
        text("authenticity_token", "Zq+/x9fA==--e/8=="),
        text("user[email]", ANNA),
        text("user[password]", "a&b=c"),
        text("user[remember_me]", "0"),
        text("user[remember_me]", "1"),
        text("commit", "Log in"),
    ]
    yield "neighbours", "email", ASCII, [
        text("email_confirmation", "other@example.com"),
        text("new-email", "new@example.com"),
        text("email", ASCII),
        text("emailOptIn", "on"),
        text("emails", "weekly"),
        text("useremail", "x@example.com"),
        text("email2", ""),
        text("my_email", "m@example.com"),
        text("email-hint", "example.com"),
        text("confirmEmail", ASCII),
        text("password", "hunter2"),
        text("remember_me", "1"),
        text("next", "/account?tab=1&email=x"),
    ]
    yield "django", "username", "bob", [
        text("csrfmiddlewaretoken", "A" * 64),
        text("username", "bob"),
        text("password", "p;w"),
        text("next", ""),
    ]
    yield "laravel", "email", ASCII, [
        text("_token", "k3J9"),
        text("_method", "PATCH"),
        text("email", ASCII),
        text("password", 'p"w'),
        text("remember", "on"),
    ]
    yield "symfony", "_username", ANNA, [
        text("_username", ANNA),
        text("_password", "p"),
        text("_csrf_token", "csrf-token"),
        text("_remember_me", "on"),
        text("_target_path", "https://example.com/a?b=c&d=e"),
    ]
    yield "spring", "username", "bob", [
        text("username", "bob"),
        text("password", "p"),
        text("_csrf", "4bfd1575-3ad1-4d21-96c7-4ef2d9f86721"),
        text("remember-me", "on"),
        text("usernameless", "false"),
    ]
    yield "servlet", "j_username", "bob", [
        text("j_username", "bob"),
        text("j_password", "pw"),
        text("username_hint", "b"),
    ]
    yield "faces", "login:email", ASCII, [
        text("login", "login"),
        text("login:email", ASCII),
        text("login:password", "pw"),
        text("login:submit", "Go"),
        text("javax.faces.ViewState", "-7290814:3923+/=="),
    ]
    yield "webforms", "ctl00$Main$Email", ASCII, [
        text("__VIEWSTATE", "/wEPDwUKMTY1NDU2MTA1MmRk+a=="),
        text("__EVENTVALIDATION", "/wEdAAT+=="),
        text("ctl00$Main$Email", ASCII),
        text("ctl00$Main$Password", "pw"),
        text("ctl00$Main$Go", "Log in"),
    ]
    yield "aspnet", "Input.Email", ASCII, [
        text("Input.Email", ASCII),
        text("Input.Password", "pw"),
        text("Input.RememberMe", "true"),
        text("__RequestVerificationToken", "CfDJ8-_x"),
        text("Input.RememberMe", "false"),
    ]
    yield "wordpress", "log", "bob", [
        text("log", "bob"),
        text("pwd", "pw"),
        text("rememberme", "forever"),
        text("wp-submit", "Log In"),
        text("redirect_to", "https://example.com/wp-admin/?log=1&x=y"),
        text("testcookie", "1"),
        text("login", "1"),
    ]
    yield "captcha", "email", ASCII, [
        text("email", ASCII),
        text("password", "pw"),
        text("g-recaptcha-response", "03AFcWeA5" + "x_-" * 150),
        text("h-captcha-response", "P1_eyJ0eXAi.x"),
        text("cf-turnstile-response", "0.aB-_"),
        text("altcha", "eyJhbGdvcml0aG0iOiJTSEEtMjU2In0="),
    ]
    yield "keycloak", "username", ASCII, [text("username", ASCII), text("password", "pw"), text("credentialId", "")]
    yield "oauth", "username", ASCII, [
        text("grant_type", "password"),
        text("username", ASCII),
        text("password", "a b+c&d"),
        text("scope", "openid email"),
        text("client_id", "web"),
        text("user_name_hint", "x"),
    ]
    yield "signup", "email", ASCII, [
        text("first name", "Anna Marie"),
        text("email", ASCII),
        text("password", "pw"),
        text("password_confirmation", "pw"),
        text("address[street]", "Hauptstraße 1; Hof"),
        text("address[country]", "DE"),
        text("tags[]", "a"),
        text("tags[]", "b"),
        text("note", "first line\r\nsecond line: email=x&y"),
        text("terms", ""),
    ]
    yield "double-optin", "email", ASCII, [
        text("email-optin", "no"),
        text("emailAddressType", "home"),
        text("email", ASCII),
        text("has_email", "true"),
        text("primaryemail", ASCII),
        text("email_format", "html"),
        text("password", "pw"),
    ]


def form():
    for name, field, account, fields in form_fields():
        yield scenario("form", name, field, account, fields=fields, target="/login?next=%2Fhome&lang=de")
        yield scenario("multipart", name, field, account, fields=fields)
    login = [text("email", ASCII), text("password", "hunter2")]
    eml = plain(
        'From: x\r\nContent-Disposition: form-data; name="email"\r\n\r\nemail=other@example.com&a=b\r\n--x--\r\n'
    )
    for name, files in {
        "file": [file("avatar", "me.png", "image/png", PNG)],
        "file-empty": [file("avatar", "", "application/octet-stream", "")],
        "file-umlaut": [file("avatar", "Müller Lebenslauf (ä).pdf", "application/pdf", PNG)],
        "file-quotes": [file("avatar", 'my "best" photo.jpg', "image/jpeg", PNG)],
        "file-signs": [file("avatar", "a;b=c, d & e'f%20.txt", "text/plain", plain("hello"))],
        "file-emoji": [file("avatar", "🦊.txt", "text/plain", plain("hello\n"))],
        "file-mail": [file("attachment", "email.eml", "message/rfc822", eml)],
        "file-json": [file("meta", "email.json", "application/json", plain('{"email":"other@example.com"}'))],
        "files": [
            file("files[]", "1.txt", "text/plain", plain("")),
            file("files[]", "2.txt", "text/plain", plain("x")),
        ],
    }.items():
        yield scenario("multipart", name, "email", ASCII, fields=[*login, *files])
        yield scenario("multipart", f"{name}-first", "email", ASCII, fields=[*files, *login])


def json_documents():
    login = {"email": ANNA, "password": "hunter2"}
    for name, account in ACCOUNTS.items():
        yield f"account-{name}", "/email", account, {"email": account, "password": "hunter2"}
    for name, password in PASSWORDS.items():
        yield f"password-{name}", "/email", ANNA, {"email": ANNA, "password": password}
    yield "profile", "/email", ANNA, {**login, "profile": {"email": "other@example.com", "emails": ["a@example.com"]}}
    yield "nested", "/user/email", ANNA, {"email": None, "user": login, "contact": {"email": "other@example.com"}}
    yield "neighbours", "/email", ANNA, {
        "Email2": "x",
        "email_confirmation": "y",
        "emailOptIn": True,
        "emails": [{"email": "z"}],
        **login,
        "new-email": "",
        "useremail": "v",
    }
    yield "nulls", "/email", ANNA, {"phone": None, **login, "captcha": None, "user": None}
    yield "numbers", "/email", ANNA, {**login, "n": -1.5e-7, "big": 12345678901234567890, "t": [0, 1.0, True, False]}
    yield "number", "/customer", "4711", {"customer": 4711, "pin": "0815"}
    yield "graphql", "/variables/input/email", ANNA, {
        "operationName": "Login",
        "variables": {"input": login},
        "query": "mutation Login($input: LoginInput!) {\n  login(input: $input) {\n    email\n    token\n  }\n}",
    }
    yield "jsonapi", "/data/attributes/email", ANNA, {
        "data": {"type": "sessions", "attributes": login, "relationships": {"email": {"data": None}}},
        "meta": {"email": "other@example.com"},
    }
    yield "empty-names", "/email", ANNA, {"": 1, **login, "a/b": {"~": 2}, " ": 3}
    yield "deep", "/email", ANNA, {**login, "device": {"a": {"b": {"c": [[[{"email": "x"}]]]}}}, "k": {}, "l": []}
    yield "cognito", "/AuthParameters/USERNAME", ANNA, {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": "1h57kf5cpq17m0eml12EXAMPLE",
        "AuthParameters": {"USERNAME": ANNA, "PASSWORD": "pw"},
        "ClientMetadata": {},
    }


def raw_documents():
    """JSON as some client formats it."""
    login = {"email": ANNA, "password": "hünter2"}
    for name, document in {
        "pretty": json.dumps(login, indent=2, ensure_ascii=False),
        "tabs": json.dumps(login, indent="\t").replace("\n", "\r\n"),
        "escaped": json.dumps(login),
        "slashes": json.dumps({**login, "next": "/a/b"}).replace("/", "\\/"),
        "all-escaped": "{"
        + ",".join(
            "".join(['"', *(f"\\u{ord(c):04X}" for c in key), '":"', *(f"\\u{ord(c):04x}" for c in value), '"'])
            for key, value in login.items()
        )
        + "}",
        "surrogates": json.dumps({**login, "note": "🦊"}),
        "new-line": json.dumps(login) + "\n",
        "blanks": ' { "email" : "' + ANNA + '" , "password" : "" } ',
    }.items():
        yield name, "/email", ANNA, document


def documents():
    for name, field, account, document in json_documents():
        yield scenario("json", name, field, account, json=document)
    for name, field, account, document in raw_documents():
        yield scenario("json", f"text-{name}", field, account, text=document)


def heads():
    for name, account in ACCOUNTS.items():
        if name != "trailing-blank":
            yield scenario("query", f"account-{name}", "email", account, method="GET", fields=[text("email", account)])
    yield scenario(
        "query",
        "neighbours",
        "email",
        ANNA,
        method="GET",
        fields=[
            text("utm_source", "e-mail"),
            text("email_id", "7"),
            text("email", ANNA),
            text("emails", "1"),
            text("next", "/login?email=other@example.com&x=y"),
            text("q", "a;b c"),
            text("a[]", "1"),
            text("utf8", "✓"),
        ],
    )
    for name, user, password in [
        ("plain", "bob", "hunter2"),
        ("address", ASCII, "pw"),
        ("colons", "bob", "a:b::c"),
        ("empty", "bob", ""),
        ("signs", "bob", ALL_SIGNS),
        ("blank", "bob smith", "p w"),
        ("long", "bob", "x" * 200),
        ("umlaut", ANNA, "pässword"),
        ("domain", "EXAMPLE\\bob", "pw"),
    ]:
        yield scenario("basic", name, "", user, method="GET", target="/api", user=user, password=password)
    for name, token in [
        ("opaque", "a1B2c3D4e5F6-._~"),
        ("base64", "Zm9v+/YmFyYmF6cXV4MTIz=="),
        ("jwt", JWT),
        ("github", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"),
        ("sanctum", "12|aBcDeFgHiJkLmNoP"),
        ("hex", "3b241101e2bb4255b5d1b8a1d1a1a1a1"),
        ("long", "x" * 2000),
    ]:
        # A JWT is known without its signature, which can be spelled in several ways.
        session = token.rpartition(".")[0] if token == JWT else token
        yield scenario("bearer", name, "", session=session, method="GET", target="/api", token=token)
    for name, segment, account in [
        ("name", "bob", "bob"),
        ("address", "anna%40example.com", "anna@example.com"),
        ("raw-at", "anna@example.com", "anna@example.com"),
        ("umlaut", "m%C3%BCller", "müller"),
        ("blank", "anna%20marie", "anna marie"),
        ("plus", "a+b@example.com", "a+b@example.com"),
        ("number", "4711", "4711"),
        ("uuid", "0b5a6f9e-7d5c-4b87-8a09-8f1f7f9f3a11", "0b5a6f9e-7d5c-4b87-8a09-8f1f7f9f3a11"),
        ("apostrophe", "o'neil", "o'neil"),
        ("dots", "anna.m.", "anna.m."),
    ]:
        target = f"/users/{segment}/login?from=/users/x/y&name=1"
        yield scenario("path", name, "2", account, target=target, fields=[text("password", "pw")])


# What browsers and applications keep. The values stand as they are sent.
ANALYTICS = {
    "google": [
        ("_ga", "GA1.2.1234567890.1700000000"),
        ("_ga_ABC123", "GS2.1.s1700000000$o3$g1$t1700000100$j60$l0$h0"),
        ("_gid", "GA1.2.987654321.1700000000"),
        ("_gcl_au", "1.1.1690000000.1700000000"),
        ("_gat_UA-1", "1"),
    ],
    "onetrust": [
        (
            "OptanonConsent",
            "isGpcEnabled=0&datestamp=Mon+Jan+01+2024+10%3A00%3A00+GMT%2B0100&version=202310.2.0"
            "&browserGpcFlag=0&isIABGlobal=false&hosts=&consentId=1a2b&interactionCount=1&landingPath=NotLandingPage"
            "&groups=C0001%3A1%2CC0002%3A0&geolocation=DE%3BBE&AwaitingReconsent=false",
        ),
        ("OptanonAlertBoxClosed", "2024-01-01T09:00:00.000Z"),
    ],
    "amplitude": [
        ("AMP_MKTG_abc", "JTdCJTdE"),
        ("AMP_abc", "JTdCJTIyZGV2aWNlSWQlMjIlM0ElMjJhJTIyJTdE"),
        ("amp_6e403e", "l-Qz5.YW5uYQ==..1gq0.1gq1.2.1.3"),
        ("amplitude_idexample.com", "eyJkZXZpY2VJZCI6IjEiLCJ1c2VySWQiOm51bGx9="),
    ],
    "hotjar": [
        ("_hjSessionUser_123", "eyJpZCI6IjEiLCJjcmVhdGVkIjoxNzAwfQ=="),
        ("_hjIncludedInSample", "true"),
        ("_hjSession_123", '{"id":"4f","c":1700000000,"s":0,"r":0,"sb":0}'),
        ("_hjAbsoluteSessionInProgress", "0"),
    ],
    "facebook": [
        ("_fbp", "fb.1.1700000000000.1234567890"),
        ("_fbc", "fb.1.1700000000000.IwAR0_x-y"),
        ("datr", "x_y-Z"),
    ],
    "intercom": [
        ("intercom-id-abc", "8e4c-11"),
        ("intercom-session-abc", "dmVyeS1zZWNyZXQ=--f00d"),
        ("intercom-device-id-abc", "1"),
    ],
    "mixpanel": [
        (
            "mp_abc_mixpanel",
            "%7B%22distinct_id%22%3A%20%22%24device%3A18c%22%2C%22%24initial_referrer%22%3A%20%22%24direct%22%7D",
        )
    ],
    "mixpanel-raw": [("mp_abc_mixpanel", '{"distinct_id": "18c", "$device_id": "18c", "utm": ["a", "b=c"]}')],
    "adobe": [
        ("AMCV_ABC%40AdobeOrg", "179643557%7CMCIDTS%7C19724%7CMCMID%7C123%7CMCAID%7CNONE%7CvVersion%7C5.5.0"),
        ("AMCVS_ABC@AdobeOrg", "1"),
        ("s_cc", "true"),
        ("s_sq", "%5B%5BB%5D%5D"),
        ("mbox", "PC#1a.37_0#17|s#2b#18"),
    ],
    "matomo": [
        ("_pk_id.1.1fff", "0a1b.1700000000."),
        ("_pk_ses.1.1fff", "1"),
        ("_pk_ref.1.1fff", '["","",1700,"https://x.de/?a=b"]'),
    ],
    "hubspot": [
        ("__hstc", "20629287.a1.1700.1700.1700.1"),
        ("hubspotutk", "a1"),
        ("__hssrc", "1"),
        ("__hssc", "20629287.1.1700"),
    ],
    "shopify": [
        ("_shopify_y", "0a1b-UUID"),
        ("cart", "Z2NwLWV1cm9wZS13ZXN0MTowMUg%3Fkey%3Dabc"),
        ("localization", "DE"),
        ("cart_currency", "EUR"),
        ("_shopify_sa_p", ""),
        ("_tracking_consent", '{"con":{"CMP":{"a":"","m":""}},"v":"2.1"}'),
    ],
    "cookiebot": [
        (
            "CookieConsent",
            "{stamp:%27x/y==%27%2Cnecessary:true%2Cpreferences:false%2Cver:1%2Cutc:1700%2Cregion:%27de%27}",
        )
    ],
    "usercentrics": [
        ("euconsent-v2", "CP1.YAAAAAAA"),
        ("addtl_consent", "1~7.12.35~dv."),
        ("usprivacy", "1YNN"),
        ("cmp", "a,b c,d"),
    ],
    "datadog": [("_dd_s", "rum=2&id=8d&created=1700000000000&expire=1700000900000"), ("dd_cookie_test_1", "test")],
    "segment": [("ajs_anonymous_id", "%221a-2b%22"), ("ajs_user_id", '"1a"'), ("ajs_group_properties", "{}")],
    "microsoft": [
        ("MUID", "3A"),
        ("_uetsid", "e0a1"),
        ("_clck", "1qk|2|fgx|0|1"),
        ("_clsk", "1a|17|1|1|x.clarity.ms/collect"),
    ],
    "preferences": [
        ("theme", "dark"),
        ("tz", "Europe/Berlin"),
        ("lang", "de-DE,de;q=0.9".split(";")[0]),
        ("empty", ""),
        ("prefs", "a=1&b=2"),
        ("seen", "[1,2,3]"),
        ("name", "Anna Marie Müller"),
        ("quoted", '"a b"'),
    ],
    "snowplow": [
        ("_sp_id.1fff", "u.1700.1.1700.1700.s"),
        ("_sp_ses.1fff", "*"),
        ("__utmz", "1.2.3.4.utmcsr=(direct)|utmccn=(direct)|utmcmd=(none)"),
    ],
}
SESSIONS = {
    "django": ("sessionid", "3k2j5h4g6f7d8s9a0q1w2e3r4t5y6u7i"),
    "rails": ("_app_session", "aGVsbG8%2Bd29ybGQ%3D--Zm9v%2FYmFy--cXV4"),
    "rails-old": ("_app_session", "BAh7B0kiD3Nlc3Npb25faWQ=--f00dbabe0123"),
    "laravel": ("laravel_session", "eyJpdiI6IlwvQT09IiwidmFsdWUiOiJ4IiwibWFjIjoieSJ9%3D"),
    "express": ("connect.sid", "s%3AaBcDeFgHiJ.Kl%2FmNoP%2BqRsT"),
    "java": ("JSESSIONID", "0A1B2C3D4E5F60718293A4B5C6D7E8F9"),
    "weblogic": ("JSESSIONID", "aBcD123!-1234567890!1700000000000"),
    "jetty": ("JSESSIONID", "node01abc2def3.node0"),
    "php": ("PHPSESSID", "q1w2e3r4t5y6u7i8o9p0a1s2d3"),
    "aspnet": ("ASP.NET_SessionId", "lit4hxyvfb0rdcrvzfvrlwfy"),
    "aspnetcore": (".AspNetCore.Cookies", "CfDJ8Nx_y-Z" * 20),
    "aspnetcore-encoded": (".AspNetCore.Session", "CfDJ8%2B%2Fx%3D"),
    "flask": ("session", "eyJ1c2VyIjoxfQ.ZZZZZw.abc-DEF_ghi"),
    "flask-deflated": ("session", ".eJwVxz0.ZYw.9o"),
    "jwt": ("token", JWT),
    "play": ("PLAY_SESSION", "eyJhbGciOiJIUzI1NiJ9.eyJkYXRhIjp7fX0.xyz"),
    "play-old": ("PLAY_SESSION", "3f2a-user=bob&csrf=1a"),
    "nextauth": ("__Secure-next-auth.session-token", "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..iv.ct.tag"),
    "host-prefix": ("__Host-sid", "0123456789abcdef"),
    "wordpress": ("wordpress_logged_in_1a", "anna%7C1700000000%7Ctok%7Cmac"),
    "quoted": ("sid", '"quoted-value"'),
    "spring-base64": ("SESSION", "YWJjZGVmLTEyMzQtNTY3OA=="),
    "hapi": ("sid", "Fe26.2**0a1b*c2*d3**e4*f5~2"),
    "uuid": ("sid", "0b5a6f9e-7d5c-4b87-8a09-8f1f7f9f3a11"),
}


def jars():
    everything = [cookie for cookies in ANALYTICS.values() for cookie in cookies]
    for name, (field, value) in SESSIONS.items():
        jar = [("_ga", "GA1.2.1.2"), ("csrftoken", "aB3="), (field, value), (f"{field}_hint", "x"), (f"x{field}", "y")]
        yield scenario("cookie", f"session-{name}", field, session=value, method="GET", target="/account", cookies=jar)
    for name, cookies in ANALYTICS.items():
        jar = [*cookies, ("sid", "s3cr3t-0123456789"), ("z", "1")]
        yield scenario(
            "cookie", f"jar-{name}", "sid", session="s3cr3t-0123456789", method="GET", target="/account", cookies=jar
        )
    jar = [*everything, ("sid", "s3cr3t-0123456789")]
    yield scenario(
        "cookie", "jar-all", "sid", session="s3cr3t-0123456789", method="GET", target="/account", cookies=jar
    )
    jar = [("theme", "dark"), ("user", "bob@example.com"), ("user_id", "7"), ("sid", "s3cr3t")]
    yield scenario("cookie", "account", "user", "bob@example.com", method="GET", target="/account", cookies=jar)


# What every client writes; the browsers, curl and requests write all of them.
CORE = {
    *(
        f"{place}-{name}"
        for place in ("form", "multipart", "json")
        for name in (
            "account-umlaut",
            "account-apostrophe",
            "account-trailing-blank",
            "password-signs",
            "password-emoji",
            "rails",
            "neighbours",
            "faces",
            "signup",
            "profile",
            "nested",
            "numbers",
            "number",
        )
    ),
    "multipart-file",
    "multipart-file-first",
    "multipart-file-empty",
    "multipart-file-umlaut",
    "multipart-file-quotes",
    "multipart-file-signs",
    "multipart-file-mail",
    "json-text-pretty",
    "json-text-escaped",
    "query-account-umlaut",
    "query-account-apostrophe",
    "query-neighbours",
    "basic-address",
    "basic-umlaut",
    "basic-signs",
    "basic-long",
    "bearer-jwt",
    "bearer-base64",
    "path-address",
    "path-umlaut",
    "path-apostrophe",
    "cookie-session-express",
    "cookie-session-rails",
    "cookie-session-quoted",
    "cookie-session-weblogic",
    "cookie-jar-onetrust",
    "cookie-jar-mixpanel-raw",
    "cookie-jar-preferences",
    "cookie-account",
}


def scenarios():
    found = [*form(), *documents(), *heads(), *jars()]
    for each in found:
        each["core"] = each["name"] in CORE
        if each["place"] == "cookie" and each["session"]:
            # Applications decode a cookie and take its quotes off.
            each["session"] = unquote(each["session"].strip('"'))
    return found


if __name__ == "__main__":
    print(json.dumps(scenarios(), ensure_ascii=False))
