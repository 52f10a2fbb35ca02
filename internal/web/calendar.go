package web

import (
	"bytes"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"drawbridge"
	"drawbridge/internal/access"
	"drawbridge/internal/programme"
	"drawbridge/internal/web/view"
)

// dueTo is where what is due stands; empty when the person may not look at it.
func (p *page) dueTo(d *programme.Due) string {
	kinds := map[string]access.Action{"contract": access.ContractRead, "notice": access.NoticeRead, "evidence": access.EvidenceRead, "review": access.ReviewRead}
	if read, ok := kinds[d.Kind]; ok && !p.may(read) {
		return ""
	}
	switch d.Kind {
	case "contract":
		return "/contracts/" + d.ID
	case "notice":
		return "/notices/" + d.ID
	case "evidence":
		return "/evidence/" + d.ID
	case "review":
		return "/reviews/" + d.ID
	}
	if d.Integration != "" {
		return "/integrations/" + string(d.Integration)
	}
	if d.Partner != "" {
		return "/partners/" + string(d.Partner)
	}
	return ""
}

// calendar is what ends or is due: a month as a table, and the list.
func (p *page) calendar() (templ.Component, error) {
	c, err := p.web.opt.Programme.Calendar(p.R.Context(), p.Actor, "")
	if err != nil {
		return nil, err
	}
	q := p.R.URL.Query()
	today := drawbridge.DateOf(p.now)
	month, err := time.Parse("2006-01", q.Get("month"))
	if err != nil {
		month, _ = time.Parse("2006-01", string(today)[:7]) // a day has this form
	}
	p.shell.Title, p.shell.Lead = "Calendar", "What ends or is due, as far as you may see it: from "+string(c.From)+" until "+string(c.Until)+"."
	kind := q.Get("kind")
	out := view.Calendar{Now: p.now, Today: today, Month: month.Format("January 2006"), Feed: p.origin() + "/api/v1/programme/calendar", Here: month.Format("2006-01")}
	keep := func(name, value string) string { return address("/calendar", q, name, value) }
	out.Before, out.After, out.This = keep("month", month.AddDate(0, -1, 0).Format("2006-01")), keep("month", month.AddDate(0, 1, 0).Format("2006-01")), keep("month", "")
	kinds := []string{}
	days := map[string][]view.DueRow{}
	for _, d := range c.Days {
		if !slices.Contains(kinds, d.Kind) {
			kinds = append(kinds, d.Kind)
		}
		if kind != "" && kind != d.Kind {
			continue
		}
		row := view.DueRow{Title: d.Title, To: p.dueTo(&d), Kind: view.Words(d.Kind), On: d.On, Late: d.On < today}
		days[string(d.On)] = append(days[string(d.On)], row)
		if string(d.On)[:7] >= out.Here {
			out.List = append(out.List, row)
		}
	}
	if len(out.List) > 100 {
		out.More, out.List = len(out.List)-100, out.List[:100]
	}
	slices.Sort(kinds)
	out.Kinds = append(out.Kinds, view.Tab{Link: view.Link{Text: "all", To: keep("kind", "")}, Here: kind == ""})
	for _, k := range kinds {
		out.Kinds = append(out.Kinds, view.Tab{Link: view.Link{Text: view.Words(k), To: keep("kind", k)}, Here: kind == k})
	}
	out.Weeks = weeks(month, days)
	return view.CalendarPage(out), nil
}

// weeks are the weeks of a month, each from Monday, with what is due on their days.
func weeks(month time.Time, due map[string][]view.DueRow) [][]view.CalendarDay {
	at := month.AddDate(0, 0, -(int(month.Weekday())+6)%7)
	var out [][]view.CalendarDay
	for at.Before(month.AddDate(0, 1, 0)) {
		week := make([]view.CalendarDay, 7)
		for i := range week {
			day := at.Format(time.DateOnly)
			week[i] = view.CalendarDay{Day: drawbridge.Date(day), Number: at.Day(), Other: at.Month() != month.Month(), Due: due[day]}
			at = at.AddDate(0, 0, 1)
		}
		out = append(out, week)
	}
	return out
}

// calendarFile is the same for a program that keeps calendars.
func (p *page) calendarFile() error {
	c, err := p.web.opt.Programme.Calendar(p.R.Context(), p.Actor, drawbridge.Date(p.R.URL.Query().Get("until")))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := programme.WriteCalendar(&b, c, "drawbridge", p.now); err != nil {
		return err
	}
	return p.bytes("text/calendar; charset=utf-8", `attachment; filename="`+url.PathEscape("drawbridge.ics")+`"`, b.Bytes())
}
