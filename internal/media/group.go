package media

import "time"

// GroupID identifies a group of assets. 32 lower-case hexadecimal digits.
type GroupID string

// Group is an ordered collection of assets, which never changes. It does not
// keep them: an asset may be deleted while groups name it.
type Group struct {
	Account   AccountID
	ID        GroupID
	Members   []Member
	CreatedAt time.Time // to the microsecond
}

// Member is one place in a group.
type Member struct {
	Asset AssetID `json:"asset"`
	// Transformation is what is done to the asset wherever the group shows
	// it, in the words of whoever made the group; "" is nothing.
	Transformation string `json:"transformation,omitempty"`
}
