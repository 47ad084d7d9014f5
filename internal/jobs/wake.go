package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"sync"

	"github.com/riverqueue/river/riverdriver"

	"tintype/internal/catalog"
)

// topicInsert is the topic on which the queue's workers hear of new jobs.
const topicInsert = "river_insert"

// wakeDriver is the queue's driver with notifications from this process in
// place of the database's, which SQLite does not have and which on PostgreSQL
// would take a connection of their own. Other nodes' jobs are found by polling.
type wakeDriver struct {
	riverdriver.Driver[*sql.Tx]
	db     *catalog.DB
	queues []string
}

func (wakeDriver) SupportsListener() bool { return true }

func (d wakeDriver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return &listener{db: d.db, queues: d.queues, wake: make(chan struct{}, 1)}
}

// listener turns commits that enqueued a job into notifications.
type listener struct {
	db     *catalog.DB
	queues []string
	wake   chan struct{}
	// untold are the queues that the last wake has not been passed on to yet.
	// Only WaitForNotification uses it, which is called by one goroutine.
	untold []string

	mu     sync.Mutex
	cancel func()
}

func (l *listener) Connect(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel == nil {
		l.cancel = l.db.OnEnqueue(func() {
			select {
			case l.wake <- struct{}{}:
			default: // one waiting notice is enough
			}
		})
	}
	return nil
}

func (l *listener) Close(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cancel != nil {
		l.cancel()
		l.cancel = nil
	}
	return nil
}

func (l *listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	if len(l.untold) == 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-l.wake:
			l.untold = l.queues
		}
	}
	queue := l.untold[0]
	l.untold = l.untold[1:]
	return &riverdriver.Notification{Topic: topicInsert, Payload: fmt.Sprintf(`{"queue":%q}`, queue)}, nil
}

func (l *listener) Listen(context.Context, string) error   { return nil }
func (l *listener) Unlisten(context.Context, string) error { return nil }
func (l *listener) Ping(context.Context) error             { return nil }
func (l *listener) Schema() string                         { return "" }
func (l *listener) SetAfterConnectExec(string)             {}
