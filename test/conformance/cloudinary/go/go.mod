module tintype/test/conformance/cloudinary/go

go 1.26

require (
	github.com/cloudinary/cloudinary-go/v2 v2.16.1
	github.com/stretchr/testify v1.8.4
)

require (
	github.com/creasty/defaults v1.7.0 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/google/uuid v1.5.0 // indirect
	github.com/gorilla/schema v1.4.1 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
