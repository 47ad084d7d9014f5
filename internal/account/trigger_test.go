package account_test

import (
	"testing"

	"tintype/internal/account"
	"tintype/internal/media"
)

func TestTriggers(t *testing.T) {
	t.Parallel()
	d := openDemo(t)
	for name, body := range map[string]string{"a": `{"dialect":"x","event":"all","uri":"http://h/"}`, "b": `{"event":1}`, "c": `[]`} {
		if err := d.AddSetting(t.Context(), media.Setting{Account: "demo", Kind: account.KindTrigger, Name: name, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	a, _ := d.ByName("demo")
	got := a.Triggers()
	if len(got) != 1 || got[0].ID != "a" || got[0].Dialect != "x" || got[0].Event != account.AllEvents || got[0].URI != "http://h/" || got[0].CreatedAt.IsZero() {
		t.Errorf("got %+v", got)
	}
}

func TestChannel(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{"poll://orders/1": "orders/1", "poll://*": "*", "poll://": ""} {
		if name, ok := account.Channel(uri); !ok || name != want || account.ChannelURI(name) != uri {
			t.Errorf("%s: %q %v", uri, name, ok)
		}
	}
	for _, uri := range []string{"", "poll:/", "http://h", "POLL://x"} {
		if _, ok := account.Channel(uri); ok {
			t.Errorf("%s is a channel", uri)
		}
	}
}
