package handlers

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/samplit/samplit/services"
)

// ofrep answers clients of the OpenFeature Remote Evaluation Protocol. A flag is an experiment (or experiment/element), its value the
// key of the arm, the targeting key the visitor; the installation token comes as a bearer.
type ofrep struct {
	svc    *services.Tracker
	limits *services.Limits
}

const flagsPath = "/ofrep/v1/evaluate/flags"

func (o *ofrep) routes(e *echo.Echo) {
	g := e.Group(flagsPath, anyOrigin)
	g.POST("/*", o.one)
	g.POST("", o.all)
	g.OPTIONS("/*", ofrepPreflight)
	g.OPTIONS("", ofrepPreflight)
}

func ofrepPreflight(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Methods", "POST")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match")
	h.Set("Access-Control-Max-Age", "86400")
	return c.NoContent(http.StatusNoContent)
}

// Reasons and error codes of the protocol.
const (
	reasonSplit    = "SPLIT"
	reasonStatic   = "STATIC"
	reasonDefault  = "DEFAULT"
	reasonDisabled = "DISABLED"

	errorParse   = "PARSE_ERROR"
	errorNoKey   = "TARGETING_KEY_MISSING"
	errorContext = "INVALID_CONTEXT"
	errorNoFlag  = "FLAG_NOT_FOUND"
	errorGeneral = "GENERAL"
)

type ofrepRequest struct {
	Context struct {
		Visitor *string `json:"targetingKey"`
		visitContext
		Preview string       `json:"samplit_preview"`
		Force   forceRequest `json:"samplit_force"`
	} `json:"context"`
}

type flagReply struct {
	Key      string        `json:"key"`
	Reason   string        `json:"reason"`
	Variant  string        `json:"variant"`
	Value    string        `json:"value"`
	Metadata *flagMetadata `json:"metadata,omitempty"`
}

type flagMetadata struct {
	Experiment string `json:"experiment"`
	Epoch      int32  `json:"epoch"`
}

type flagError struct {
	Key     string `json:"key,omitempty"`
	Code    string `json:"errorCode"`
	Details string `json:"errorDetails"`
}

// ask reads a request. A nil answer means that it was refused and told so.
func (o *ofrep) ask(c echo.Context, flag string) (*services.EvaluateRequest, error) {
	token, _ := strings.CutPrefix(c.Request().Header.Get("Authorization"), "Bearer ")
	if err := limitToken(c, o.limits, token, 1); err != nil {
		return nil, refuse(c, flag, err)
	}
	var q ofrepRequest
	if err := decode(c, maxTrackerBody, &q); err != nil {
		var web *echo.HTTPError
		if errors.As(err, &web) && web.Code != http.StatusBadRequest {
			return nil, err
		}
		code := errorParse
		if services.Code(err) == services.CodeInvalid {
			code = errorContext
		}
		return nil, c.JSON(http.StatusBadRequest, flagError{flag, code, "The body is not a valid evaluation request."})
	}
	if q.Context.Visitor == nil || *q.Context.Visitor == "" {
		return nil, c.JSON(http.StatusBadRequest, flagError{flag, errorNoKey, "context.targetingKey names the visitor."})
	}
	return &services.EvaluateRequest{Token: token, Flag: flag, Visitor: *q.Context.Visitor, Visit: q.Context.visit(c),
		Preview: q.Context.Preview, Force: q.Context.Force.Force}, nil
}

// refuse answers what the protocol has words for.
func refuse(c echo.Context, flag string, err error) error {
	switch services.Code(err) {
	case services.CodeNotFound:
		return c.JSON(http.StatusNotFound, flagError{flag, errorNoFlag, err.Error()})
	case services.CodeInvalid:
		return c.JSON(http.StatusBadRequest, flagError{flag, errorContext, contextProblem(err)})
	case services.CodeLimited:
		c.Response().Header().Set("Retry-After", strconv.Itoa(retryAfter(http.StatusTooManyRequests, err)))
		return c.JSON(http.StatusTooManyRequests, flagError{flag, errorGeneral, "Too many requests at once. Retry-After says when to go on."})
	}
	return err
}

// contextProblem says what is wrong with the context, under the names that it has there.
func contextProblem(err error) string {
	var e *services.Error
	if errors.As(err, &e) {
		for _, field := range []string{"preview", "force"} {
			if p, wrong := e.Fields[field]; wrong {
				return "context.samplit_" + field + ": " + p.Message
			}
		}
	}
	return "context.targetingKey: use 1 to 128 printable ASCII characters."
}

// flagOf is the flag in the address; empty where all are asked for.
func flagOf(c echo.Context) (string, error) { return url.PathUnescape(c.Param("*")) }

func (o *ofrep) one(c echo.Context) error {
	flag, err := flagOf(c)
	if err != nil {
		return echo.ErrNotFound
	}
	q, err := o.ask(c, flag)
	if q == nil || err != nil {
		return err
	}
	e, err := o.svc.Evaluate(c.Request().Context(), *q)
	if err != nil {
		return refuse(c, flag, err)
	}
	if e.Reason != "" {
		return sendJSON(c, renderFlag(e))
	}
	return sendJSON(c, e.Rendered(services.DoorOFREP, func(services.Assignment) []byte { return renderFlag(e) }))
}

func newFlagReply(e services.Evaluation) flagReply {
	out := flagReply{Key: e.Flag(), Reason: reasonSplit, Variant: e.Value(), Value: e.Value()}
	switch {
	case e.Reason == services.NotRunning:
		out.Reason = reasonDisabled
	case e.Reason != "":
		out.Reason = reasonDefault
	case e.Winner, e.Forced:
		out.Reason = reasonStatic
	default:
		out.Metadata = &flagMetadata{Experiment: e.ExperimentID().String(), Epoch: e.Epoch()}
	}
	return out
}

func renderFlag(e services.Evaluation) []byte {
	b, err := json.Marshal(newFlagReply(e))
	if err != nil {
		panic("handlers: flag: " + err.Error()) // keys and numbers
	}
	return b
}

func (o *ofrep) all(c echo.Context) error {
	q, err := o.ask(c, "")
	if q == nil || err != nil {
		return err
	}
	flags, err := o.svc.EvaluateAll(c.Request().Context(), *q)
	if err != nil {
		return refuse(c, "", err)
	}
	out := struct {
		Flags []flagReply `json:"flags"`
	}{[]flagReply{}}
	for _, e := range flags {
		out.Flags = append(out.Flags, newFlagReply(e))
	}
	body, err := json.Marshal(out)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	c.Response().Header()["Etag"] = []string{etag}
	if c.Request().Header.Get("If-None-Match") == etag {
		return c.NoContent(http.StatusNotModified)
	}
	return sendJSON(c, body)
}
