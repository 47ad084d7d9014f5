package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"tintype/internal/catalog"
	"tintype/internal/media"
)

func TestListNotifications(t *testing.T) {
	t.Parallel()
	o := notificationsOptions{data: t.TempDir(), state: "dead", limit: 10, account: "demo"}
	var out bytes.Buffer
	if err := listNotifications(t.Context(), o, &out); err == nil {
		t.Error("a folder without data is taken")
	}
	c := config{data: o.data}
	db, err := openCatalog(t.Context(), c.database(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Update(context.Background(), func(tx *catalog.Tx) error {
		for id, state := range map[string]catalog.NotificationState{"1": catalog.NotificationDead, "2": catalog.NotificationDelivered} {
			if _, err := tx.AddNotification(catalog.Notification{Account: "demo", ID: id, Name: "upload", Target: "http://h/" + id, State: state}); err != nil {
				return err
			}
		}
		return tx.AddAttempt("demo", "1", catalog.Attempt{Number: 1, At: time.Unix(0, 0), Took: time.Second, Status: 500, Error: "The receiver answered with status 500"}, catalog.NotificationDead)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := listNotifications(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "http://h/1") || strings.Contains(text, "http://h/2") || !strings.Contains(text, "attempt 1") || !strings.Contains(text, "status 500") {
		t.Errorf("got %s", text)
	}
	o.again = "1"
	if err := listNotifications(t.Context(), o, &out); err != nil {
		t.Fatal(err)
	}
	if err := listNotifications(t.Context(), o, &out); media.CodeOf(err) != media.NotFound {
		t.Errorf("what is not dead: %v", err)
	}
	out.Reset()
	o.again, o.state = "", "all"
	if err := listNotifications(t.Context(), o, &out); err != nil || strings.Count(out.String(), "http://h/") != 2 {
		t.Errorf("got %s, %v", out.String(), err)
	}
	for _, bad := range []notificationsOptions{{state: "lost", limit: 1}, {state: "all"}, {state: "all", limit: 1001}} {
		if _, err := bad.query(); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
