package twin

// errorFlaws answer bad requests badly.
func errorFlaws() []*flaw {
	return []*flaw{
		{
			id: "ERR-01", title: "A bad request is answered with a stack trace", effect: doCreate,
			refuse: func(x *exchange, p *problem, a *answer) {
				if x.at("ERR-01") && (p.fault == syntax || p.fault == typing) && p.status != 415 {
					tell(a, javaTrace)
				}
			},
		},
		{
			id: "ERR-01/type", title: "A value of the wrong type is answered with a stack trace", effect: doCreate,
			refuse: func(x *exchange, p *problem, a *answer) {
				if x.at("ERR-01/type") && p.fault == typing {
					tell(a, pythonTrace)
				}
			},
		},
		{
			id: "ERR-02", title: "Invalid input is answered with 500", effect: doCreate,
			refuse: func(x *exchange, p *problem, a *answer) {
				if x.at("ERR-02") && p.fault != "" && p.status != 415 {
					fallOver(a)
				}
			},
		},
		{
			id: "ERR-02/type", title: "A value of the wrong type is answered with 500", effect: doCreate,
			refuse: func(x *exchange, p *problem, a *answer) {
				if x.at("ERR-02/type") && p.fault == typing {
					fallOver(a)
				}
			},
		},
	}
}

func tell(a *answer, trace string) {
	if m, ok := a.body.(map[string]any); ok {
		m["detail"] = trace
	}
}

func fallOver(a *answer) {
	a.status = 500
	a.body = map[string]any{"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "Something went wrong."}
}

const javaTrace = `com.fasterxml.jackson.core.JsonParseException: Unexpected character
	at com.fasterxml.jackson.core.JsonParser._constructError(JsonParser.java:2477)
	at example.api.ChargeResource.create(ChargeResource.java:81)
	at org.eclipse.jetty.server.Server.handle(Server.java:516)`

const pythonTrace = `Traceback (most recent call last):
  File "/srv/app/api/views.py", line 118, in create
    amount = int(payload["amount"])
ValueError: invalid literal for int() with base 10`
