package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"drawbridge"
	"drawbridge/internal/client"
	"drawbridge/internal/questionnaire"
)

// maxSheet bounds a spreadsheet that is sent.
const maxSheet = 4 << 20

// questionnaireServer are the commands of questionnaires that a server sent.
func questionnaireServer(env *Env) []*cobra.Command {
	return []*cobra.Command{
		newInquirySend(env), newInquirySent(env), newInquiryStatus(env), newInquiryAnswer(env), newInquiryConfirm(env), newInquiryHistory(env),
		newInquiryText(env), newInquiryDownload(env), newInquiryUpload(env), newInquirySubmit(env),
		newInquiryDecide(env, "accept", "Take the answers of a questionnaire as they are", false, (*client.Client).AcceptInquiry),
		newInquiryDecide(env, "return", "Give the answers of a questionnaire back to be changed", true, (*client.Client).ReturnInquiry),
		newInquiryDecide(env, "close", "End a questionnaire that nobody needs any more", true, (*client.Client).CloseInquiry),
	}
}

func tellInquiry(w io.Writer, q drawbridge.Inquiry) error {
	return writeFields(w, "questionnaire", string(q.ID), "review", string(q.Review), "integration", string(q.Integration), "template", q.Template,
		"for", q.Audience, "state", q.State, "answered", fmt.Sprintf("%d of %d", q.Answered, q.Asked), "due", string(q.Due), "to change", q.Note,
		"sent", moment(q.SentAt), "submitted", moment(q.SubmittedAt), "accepted", moment(q.AcceptedAt))
}

func newInquirySend(env *Env) *cobra.Command {
	var in client.Send
	cmd := &cobra.Command{
		Use: "send REVIEW", Short: "Send a questionnaire for a review", Args: cobra.ExactArgs(1),
		Long: `Send opens a questionnaire for answers. What accepted evidence or passed checks settle is not asked, and
the answers of last time are carried forward for somebody to confirm. Nobody gets mail: make a link with
drawbridge partner link, and give it to the partner.`,
		Example: `  drawbridge questionnaire send rvw_06gzvyjhq2d9kq195dd1wskh0c --due 2026-12-24
  drawbridge questionnaire send rvw_06gzvyjhq2d9kq195dd1wskh0c --for internal --template short`,
	}
	cmd.Flags().StringVar(&in.Audience, "for", "partner", "who answers: partner or internal")
	cmd.Flags().StringVar(&in.Template, "template", "", "a template, template/length, or a length; default what the review asks for")
	cmd.Flags().StringVar((*string)(&in.Due), "due", "", "the day until when answers are wanted")
	because(cmd, &in.Reason)
	return question[drawbridge.Inquiry]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Inquiry, error) {
			in.ID = args[0]
			return c.SendInquiry(ctx, in)
		},
		tell: tellInquiry,
	}.on(env, cmd)
}

func newInquirySent(env *Env) *cobra.Command {
	var f client.InquiryFilter
	cmd := &cobra.Command{
		Use: "sent", Short: "List the questionnaires that were sent, newest first", Args: cobra.NoArgs,
		Example: "  drawbridge questionnaire sent --state submitted",
	}
	cmd.Flags().StringVar((*string)(&f.Review), "review", "", "only of this review (rvw_...)")
	cmd.Flags().StringVar((*string)(&f.Integration), "integration", "", "only of this integration (int_...)")
	cmd.Flags().StringVar(&f.State, "state", "", "only in this state: open, submitted, returned, accepted or closed")
	cmd.Flags().StringVar(&f.Audience, "for", "", "only for these: partner or internal")
	return listing[drawbridge.Inquiry]{
		read: func(ctx context.Context, c *client.Client, page client.Page, _ []string) (client.List[drawbridge.Inquiry], error) {
			f.Page = page
			return c.Inquiries(ctx, f)
		},
		head: "ID TEMPLATE FOR STATE ANSWERED ASKED DUE REVIEW", none: "there is no such questionnaire among those that you may see",
		row: func(q drawbridge.Inquiry) []string {
			return []string{string(q.ID), q.Template, q.Audience, q.State, fmt.Sprint(q.Answered), fmt.Sprint(q.Asked), string(q.Due), string(q.Review)}
		},
	}.on(env, cmd)
}

func newInquiryStatus(env *Env) *cobra.Command {
	return question[client.Sheet]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Sheet, error) {
			return c.Inquiry(ctx, drawbridge.InquiryID(args[0]))
		},
		tell: func(w io.Writer, s client.Sheet) error {
			if err := tellInquiry(w, s.Inquiry); err != nil {
				return err
			}
			changed := 0
			for _, was := range s.Previous {
				if was.Changed {
					changed++
				}
			}
			return writeFields(w, "missing", strings.Join(s.Missing, ", "), "to confirm", strings.Join(s.Unconfirmed, ", "),
				"changed since last time", fmt.Sprint(changed), "not asked, settled", fmt.Sprint(len(s.Skipped)),
				"score", fmt.Sprintf("%.0f of 100", 100*s.Score.Share))
		},
	}.on(env, &cobra.Command{
		Use: "status ID", Short: "Show how far a questionnaire is; in JSON with questions and answers", Args: cobra.ExactArgs(1),
		Example: "  drawbridge questionnaire status inq_06gzvyjnm2wdsm21z7cw798qk4 --format json",
	})
}

func newInquiryAnswer(env *Env) *cobra.Command {
	var reason, comment string
	var na bool
	cmd := &cobra.Command{
		Use: "answer ID QUESTION [VALUE]", Short: "Answer one question", Args: cobra.RangeArgs(2, 3),
		Long: `Answer gives one answer, over the one that stands now. VALUE is JSON (true, 12.5, ["a", "b"]) or plain
text. When somebody else answers in the same moment, nothing is written.`,
		Example: `  drawbridge questionnaire answer inq_06gzvyjnm2wdsm21z7cw798qk4 governance.contact true
  drawbridge questionnaire answer inq_06gzvyjnm2wdsm21z7cw798qk4 governance.plan --na --why 'they hold no data'`,
	}
	cmd.Flags().BoolVar(&na, "na", false, "the question does not apply")
	cmd.Flags().StringVar(&reason, "why", "", "why it does not apply")
	cmd.Flags().StringVar(&comment, "comment", "", "what is to be said besides")
	return question[client.Given]{
		check: func(args []string) error {
			if na == (len(args) == 3) {
				return errors.New("give the answer, or --na with --why")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Given, error) {
			in := client.PutAnswer{Reply: client.Reply{Answer: questionnaire.Answer{NA: na, Reason: reason, Comment: comment}}}
			in.ID, in.Question = args[0], args[1]
			s, err := c.Inquiry(ctx, drawbridge.InquiryID(args[0]))
			if err != nil {
				return client.Given{}, err
			}
			for _, g := range s.Answers {
				if g.Question == in.Question {
					in.Base = g.ID
				}
			}
			if len(args) == 3 {
				in.Answer.Value = valueOf(s, in.Question, args[2])
			}
			return c.PutAnswer(ctx, in)
		},
		tell: saying("%s is answered", func(g client.Given) []any { return []any{line(g.Question)} }),
	}.on(env, cmd)
}

// valueOf is a value as JSON: what is no JSON, or is for a question that takes a
// text, is one.
func valueOf(s client.Sheet, id, value string) json.RawMessage {
	text := !json.Valid([]byte(value))
	for _, q := range s.Questions {
		if q.ID == id && !strings.HasPrefix(value, `"`) {
			text = text || q.Type == questionnaire.Text || q.Type == questionnaire.Single || q.Type == questionnaire.Date
		}
	}
	if !text {
		return json.RawMessage(value)
	}
	data, err := json.Marshal(value)
	if err != nil {
		panic(err) // a text has a form in JSON
	}
	return data
}

func newInquiryConfirm(env *Env) *cobra.Command {
	return question[client.Confirmed]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Confirmed, error) {
			in := client.ConfirmAnswers{Confirm: client.Confirm{Questions: args[1:]}}
			in.ID = args[0]
			return c.ConfirmAnswers(ctx, in)
		},
		tell: saying("%d answers of last time are confirmed", func(n client.Confirmed) []any { return []any{n.Count} }),
	}.on(env, &cobra.Command{
		Use: "confirm ID [QUESTION...]", Short: "Say that answers of last time still hold, all or some", Args: cobra.MinimumNArgs(1),
		Example: "  drawbridge questionnaire confirm inq_06gzvyjnm2wdsm21z7cw798qk4 governance.contact",
	})
}

func newInquiryHistory(env *Env) *cobra.Command {
	return listing[client.Given]{
		read: func(ctx context.Context, c *client.Client, _ client.Page, args []string) (client.List[client.Given], error) {
			return c.AnswerHistory(ctx, client.ByQuestion{ByID: client.ByID{ID: args[0]}, Question: args[1]})
		},
		head: "AT AUTHOR SOURCE CONFIRMED ANSWER", none: "nobody has answered this question yet",
		row: func(g client.Given) []string {
			value := string(g.Answer.Value)
			if g.Answer.NA {
				value = "does not apply: " + g.Answer.Reason
			}
			return []string{moment(g.CreatedAt), g.Author, g.Source, fmt.Sprint(g.Confirmed), value}
		},
	}.on(env, &cobra.Command{
		Use: "history ID QUESTION", Short: "List every answer that was given to a question, newest first", Args: cobra.ExactArgs(2),
		Example: "  drawbridge questionnaire history inq_06gzvyjnm2wdsm21z7cw798qk4 governance.contact",
	})
}

func newInquiryText(env *Env) *cobra.Command {
	return question[copied]{
		ask: func(ctx context.Context, c *client.Client, args []string) (copied, error) {
			var b strings.Builder
			err := c.CopyInquiry(ctx, drawbridge.InquiryID(args[0]), &b)
			return copied{b.String()}, err
		},
		tell: func(w io.Writer, t copied) error {
			_, err := io.WriteString(w, prose(t.Text))
			return err
		},
	}.on(env, &cobra.Command{
		Use: "text ID", Short: "Print questions and answers as plain text", Args: cobra.ExactArgs(1),
		Example: "  drawbridge questionnaire text inq_06gzvyjnm2wdsm21z7cw798qk4 > answers.txt",
	})
}

// copied is a text in an answer in JSON.
type copied struct {
	Text string `json:"text"`
}

// prose is a text of others, line by line without what a terminal obeys.
func prose(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = line(lines[i])
	}
	return strings.Join(lines, "\n")
}

func newInquiryDownload(env *Env) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "download ID", Short: "Write questions and answers to a spreadsheet", Args: cobra.ExactArgs(1),
		Example: "  drawbridge questionnaire download inq_06gzvyjnm2wdsm21z7cw798qk4 --out answers.xlsx",
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "the file; needed")
	return question[sheetFile]{
		check: func([]string) error {
			if out == "" || out == "-" {
				return errors.New("name the file with --out")
			}
			return nil
		},
		ask: func(ctx context.Context, c *client.Client, args []string) (sheetFile, error) {
			var b strings.Builder
			if err := c.ExportInquiry(ctx, drawbridge.InquiryID(args[0]), &b); err != nil {
				return sheetFile{}, err
			}
			return sheetFile{out}, replaceFile(env.path(out), []byte(b.String()), os.FileMode(0o600))
		},
		tell: saying("%s is written", func(f sheetFile) []any { return []any{line(f.File)} }),
	}.on(env, cmd)
}

// sheetFile names a spreadsheet that was written.
type sheetFile struct {
	File string `json:"file"`
}

func newInquiryUpload(env *Env) *cobra.Command {
	var replace []string
	cmd := &cobra.Command{
		Use: "upload ID FILE", Short: "Take the answers of a spreadsheet in, all or none", Args: cobra.ExactArgs(2),
		Long: `Upload takes in a spreadsheet that drawbridge questionnaire download wrote. It fills what is empty; where
another answer stands already, nothing is taken in, unless --replace names the question.`,
		Example: "  drawbridge questionnaire upload inq_06gzvyjnm2wdsm21z7cw798qk4 answers.xlsx",
	}
	cmd.Flags().StringSliceVar(&replace, "replace", nil, "a question whose answer the file may replace; may be given several times")
	return question[client.Imported]{
		ask: func(ctx context.Context, c *client.Client, args []string) (client.Imported, error) {
			data, err := env.readFile("the spreadsheet", args[1], maxSheet)
			if err != nil {
				return client.Imported{}, err
			}
			in := client.ImportFile{Filled: client.Filled{Data: data, Replace: replace}}
			in.ID = args[0]
			return c.ImportInquiry(ctx, in)
		},
		tell: saying("%d questions are answered by the file, %d said so already", func(i client.Imported) []any { return []any{len(i.Answered), len(i.Same)} }),
	}.on(env, cmd)
}

func newInquirySubmit(env *Env) *cobra.Command {
	return question[drawbridge.Inquiry]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Inquiry, error) {
			return c.SubmitInquiry(ctx, client.Because{ByID: client.ByID{ID: args[0]}})
		},
		tell: tellInquiry,
	}.on(env, &cobra.Command{
		Use: "submit ID", Short: "Hand the answers in: they do not change any more", Args: cobra.ExactArgs(1),
		Example: "  drawbridge questionnaire submit inq_06gzvyjnm2wdsm21z7cw798qk4",
	})
}

// newInquiryDecide is a step that a reviewer takes on what was read a moment before.
func newInquiryDecide(env *Env, name, short string, why bool, step func(*client.Client, context.Context, int64, client.Because) (drawbridge.Inquiry, error)) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: name + " ID", Short: short, Args: cobra.ExactArgs(1),
		Example: "  drawbridge questionnaire " + name + " inq_06gzvyjnm2wdsm21z7cw798qk4 --reason 'read and compared'",
	}
	because(cmd, &reason)
	q := question[drawbridge.Inquiry]{
		ask: func(ctx context.Context, c *client.Client, args []string) (drawbridge.Inquiry, error) {
			s, err := c.Inquiry(ctx, drawbridge.InquiryID(args[0]))
			if err != nil {
				return s.Inquiry, err
			}
			return step(c, ctx, s.Inquiry.Version, client.Because{ByID: client.ByID{ID: args[0]}, Reason: reason})
		},
		tell: tellInquiry,
	}
	if why {
		q.check = needReason(&reason)
	}
	return q.on(env, cmd)
}
