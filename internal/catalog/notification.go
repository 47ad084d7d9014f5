package catalog

import (
	"crypto/rand"
	"time"

	"github.com/uptrace/bun"

	"tintype/internal/media"
)

// Notification is what one subscriber is told of one event.
type Notification struct {
	Account media.AccountID
	// ID is the same for every attempt, so that a receiver can tell a second
	// delivery from a second event. At most 1,024 bytes.
	ID    string
	Event int64
	// Name is the event's in the words of Dialect.
	Name    string
	Dialect string
	// Key is the id of the key that signs it; "" is the account's first.
	Key string
	// Target is the URL that it goes to, or a channel that is fetched from.
	Target string
	// Batch names the background work that it is about; "" for none.
	Batch string
	State NotificationState
	// Attempts counts the deliveries that were tried.
	Attempts int
	// Due is the earliest moment at which it can be fetched (again).
	Due time.Time
	// Receipt is what its fetcher acknowledges it by; "" before it was fetched.
	Receipt   string
	CreatedAt time.Time
}

// NotificationState says how far a notification is.
type NotificationState string

// The states of a notification.
const (
	NotificationPending   NotificationState = "pending"   // a job delivers it
	NotificationWaiting   NotificationState = "waiting"   // to be fetched
	NotificationDelivered NotificationState = "delivered" // or acknowledged
	NotificationDead      NotificationState = "dead"      // given up
)

// Attempt is one try to deliver a notification.
type Attempt struct {
	Number int // 1, 2, …
	At     time.Time
	Took   time.Duration
	// Status is that of HTTP; 0 where no answer came.
	Status int
	// Error is why it failed; "" when it did not.
	Error string
}

type notificationRow struct {
	bun.BaseModel `bun:"table:notification,alias:n"`

	Account   string `bun:"account,pk"`
	ID        string `bun:"id,pk"`
	Event     int64  `bun:"event"`
	Name      string `bun:"name"`
	Dialect   string `bun:"dialect"`
	Key       string `bun:"key"`
	Target    string `bun:"target"`
	Batch     string `bun:"batch"`
	State     string `bun:"state"`
	Attempts  int    `bun:"attempts"`
	Due       int64  `bun:"due"`
	Receipt   string `bun:"receipt"`
	CreatedAt int64  `bun:"created_at"`
}

type attemptRow struct {
	bun.BaseModel `bun:"table:attempt,alias:t"`

	Account      string `bun:"account,pk"`
	Notification string `bun:"notification,pk"`
	Number       int    `bun:"number,pk"`
	At           int64  `bun:"at"`
	Took         int64  `bun:"took"` // microseconds
	Status       int    `bun:"status"`
	Error        string `bun:"error"`
}

func (r *notificationRow) notification() Notification {
	return Notification{
		Account: media.AccountID(r.Account), ID: r.ID, Event: r.Event, Name: r.Name, Dialect: r.Dialect, Key: r.Key,
		Target: r.Target, Batch: r.Batch, State: NotificationState(r.State), Attempts: r.Attempts,
		Due: fromMicros(r.Due), Receipt: r.Receipt, CreatedAt: fromMicros(r.CreatedAt),
	}
}

func notifications(rows []notificationRow) []Notification {
	list := make([]Notification, len(rows))
	for i := range rows {
		list[i] = rows[i].notification()
	}
	return list
}

// AddNotification inserts a notification, and reports false when there is one
// of its id. Zero times are now.
func (tx *Tx) AddNotification(n Notification) (bool, error) {
	for _, key := range []struct{ what, text string }{{"account", string(n.Account)}, {"notification", n.ID}, {"target", n.Target}, {"state", string(n.State)}} {
		if err := checkKey(key.what, key.text); err != nil {
			return false, err
		}
	}
	if len(n.Batch) > maxText {
		return false, media.Errorf(media.Invalid, "The batch id is longer than %d bytes", maxText)
	}
	now := tx.db.cfg.Now()
	if n.CreatedAt.IsZero() {
		n.CreatedAt = now
	}
	if n.Due.IsZero() {
		n.Due = now
	}
	row := &notificationRow{
		Account: string(n.Account), ID: n.ID, Event: n.Event, Name: n.Name, Dialect: n.Dialect, Key: n.Key, Target: n.Target,
		Batch: n.Batch, State: string(n.State), Attempts: n.Attempts, Due: micros(n.Due), Receipt: n.Receipt, CreatedAt: micros(n.CreatedAt),
	}
	added, err := tx.changed("add notification", tx.tx.NewInsert().Model(row).On("CONFLICT (account, id) DO NOTHING"))
	return added > 0, err
}

// Notification returns one notification; NotFound if there is none. Inside an
// Update it stays as it was read until the end of the transaction.
func (tx *Tx) Notification(acc media.AccountID, id string) (Notification, error) {
	var row notificationRow
	q := tx.tx.NewSelect().Model(&row).Where("account = ?", string(acc)).Where("id = ?", id)
	if tx.write && tx.db.back.rowLocks {
		q = q.For("UPDATE")
	}
	if err := q.Scan(tx.ctx); err != nil {
		return Notification{}, tx.found("find notification", err, "There is no notification %s", id)
	}
	return row.notification(), nil
}

// NotificationQuery says which notifications to list, the newest first.
type NotificationQuery struct {
	State  NotificationState // "" is any
	Limit  int               // at most 1,000; 0 is 100
	Cursor string
}

// Notifications returns a page of an account's notifications and the cursor
// of the next page, "" at the end.
func (tx *Tx) Notifications(acc media.AccountID, q NotificationQuery) ([]Notification, string, error) {
	var rows []notificationRow
	limit := pageSize(q.Limit)
	sel := tx.tx.NewSelect().Model(&rows).Where("account = ?", string(acc)).Order("created_at DESC", "id DESC").Limit(int64(limit + 1))
	if q.State != "" {
		sel = sel.Where("state = ?", string(q.State))
	}
	if q.Cursor != "" {
		p, err := parseCursor(cursorNotices, q.Cursor)
		if err != nil {
			return nil, "", err
		}
		sel = sel.Where("(created_at, id) < (?, ?)", p.at, p.id)
	}
	if err := sel.Scan(tx.ctx); err != nil {
		return nil, "", tx.fail("list notifications", err)
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		next = formatCursor(cursorNotices, position{at: last.CreatedAt, id: last.ID})
	}
	return notifications(rows), next, nil
}

// PutNotificationState changes how far a notification is. NotFound if there is none.
func (tx *Tx) PutNotificationState(acc media.AccountID, id string, state NotificationState) error {
	n, err := tx.changed("put notification", tx.tx.NewUpdate().Model((*notificationRow)(nil)).
		Set("state = ?", string(state)).Where("account = ?", string(acc)).Where("id = ?", id))
	if err == nil && n == 0 {
		err = media.Errorf(media.NotFound, "There is no notification %s", id)
	}
	return err
}

// AddAttempt records an attempt and the state that the notification has after
// it. The notification's Attempts become the attempt's number.
func (tx *Tx) AddAttempt(acc media.AccountID, id string, a Attempt, after NotificationState) error {
	if err := checkText("error", a.Error); err != nil {
		return err
	}
	row := &attemptRow{Account: string(acc), Notification: id, Number: a.Number, At: micros(a.At), Took: a.Took.Microseconds(), Status: a.Status, Error: a.Error}
	if _, err := tx.changed("add attempt", tx.tx.NewInsert().Model(row)); err != nil {
		return err
	}
	_, err := tx.changed("count attempt", tx.tx.NewUpdate().Model((*notificationRow)(nil)).
		Set("state = ?", string(after)).Set("attempts = ?", a.Number).Where("account = ?", row.Account).Where("id = ?", id))
	return err
}

// Attempts returns the attempts to deliver a notification, in their order.
func (tx *Tx) Attempts(acc media.AccountID, id string) ([]Attempt, error) {
	var rows []attemptRow
	q := tx.tx.NewSelect().Model(&rows).Where("account = ?", string(acc)).Where("notification = ?", id).Order("number")
	if err := q.Scan(tx.ctx); err != nil {
		return nil, tx.fail("list attempts", err)
	}
	list := make([]Attempt, len(rows))
	for i, r := range rows {
		list[i] = Attempt{Number: r.Number, At: fromMicros(r.At), Took: time.Duration(r.Took) * time.Microsecond, Status: r.Status, Error: r.Error}
	}
	return list, nil
}

// ClaimQuery says which waiting notifications to fetch.
type ClaimQuery struct {
	Target string
	// Batch, if not empty, is the only one whose notifications are fetched.
	Batch string
	Limit int // at most 1,000
	// Now is the moment of fetching; what is fetched is Due again at Until
	// unless it is acknowledged before.
	Now, Until time.Time
}

func (q ClaimQuery) waiting(sel *bun.SelectQuery, acc media.AccountID) *bun.SelectQuery {
	sel = sel.Where("account = ?", string(acc)).Where("state = 'waiting'").Where("target = ?", q.Target).Where("due <= ?", micros(q.Now))
	if q.Batch != "" {
		sel = sel.Where("batch = ?", q.Batch)
	}
	return sel
}

// HasWaiting reports whether there is something for ClaimNotifications to fetch.
func (tx *Tx) HasWaiting(acc media.AccountID, q ClaimQuery) (bool, error) {
	found, err := q.waiting(tx.tx.NewSelect().Model((*notificationRow)(nil)), acc).Exists(tx.ctx)
	return found, tx.fail("look for notifications", err)
}

// ClaimNotifications fetches waiting notifications in the order of their
// events and gives each a new receipt.
func (tx *Tx) ClaimNotifications(acc media.AccountID, q ClaimQuery) ([]Notification, error) {
	if err := tx.writable(); err != nil {
		return nil, err
	}
	var rows []notificationRow
	sel := q.waiting(tx.tx.NewSelect().Model(&rows), acc).Order("event", "id").Limit(int64(pageSize(q.Limit)))
	if tx.db.back.rowLocks {
		sel = sel.For("UPDATE SKIP LOCKED")
	}
	if err := sel.Scan(tx.ctx); err != nil {
		return nil, tx.failWrite("claim notifications", err)
	}
	for i := range rows {
		rows[i].Receipt, rows[i].Due = rand.Text()+rand.Text(), micros(q.Until)
		_, err := tx.changed("claim notification", tx.tx.NewUpdate().Model(&rows[i]).Column("receipt", "due").WherePK())
		if err != nil {
			return nil, err
		}
	}
	return notifications(rows), nil
}

// AckNotification marks a fetched notification as delivered. False when the
// receipt is unknown, or the notification has been fetched anew since.
func (tx *Tx) AckNotification(acc media.AccountID, receipt string) (bool, error) {
	if checkKey("receipt", receipt) != nil {
		return false, nil
	}
	n, err := tx.changed("acknowledge", tx.tx.NewUpdate().Model((*notificationRow)(nil)).Set("state = ?", string(NotificationDelivered)).
		Where("account = ?", string(acc)).Where("state = 'waiting'").Where("receipt = ?", receipt))
	return n > 0, err
}

// PruneNotifications forgets up to limit notifications of every account that
// are in a state since before a moment, with their attempts, and returns how many.
func (tx *Tx) PruneNotifications(state NotificationState, before time.Time, limit int) (int, error) {
	old := tx.tx.NewSelect().Model((*notificationRow)(nil)).Column("account", "id").
		Where("state = ?", string(state)).Where("created_at < ?", micros(before)).Order("created_at").Limit(int64(limit))
	n, err := tx.changed("prune notifications", tx.tx.NewDelete().Model((*notificationRow)(nil)).Where("(account, id) IN (?)", old))
	return int(n), err
}
