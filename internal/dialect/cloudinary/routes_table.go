package cloudinary

// routes are all routes of the API below /v1_1/<account>/, by method; of
// several that fit the first counts. In a pattern, {rt} is a kind of asset or
// "auto", {kind} a kind, {type} a delivery type, {asset} an asset's id, {name}
// any segment, and {id...} all segments that are left, of which there is at
// least one.
var routes = map[string][]routeRow{
	"POST": {
		{"upload", route{do: (*Dialect).upload, file: true, browser: true}},
		{"{rt}/upload", route{do: (*Dialect).upload, file: true, browser: true}},
		{"upload_chunked", route{do: (*Dialect).upload, file: true, browser: true}},
		{"{rt}/upload_chunked", route{do: (*Dialect).upload, file: true, browser: true}},
		{"delete_by_token", route{do: (*Dialect).deleteByToken, open: true, browser: true}},
		{"{rt}/delete_by_token", route{do: (*Dialect).deleteByToken, open: true, browser: true}},
		{"{kind}/explicit", route{do: (*Dialect).explicit, browser: true}},
		{"{kind}/destroy", route{do: (*Dialect).destroy, browser: true}},
		{"all/generate_archive", route{do: (*Dialect).generateArchive, until: true, browser: true}},
		{"{rt}/generate_archive", route{do: (*Dialect).generateArchive, until: true, browser: true}},
		{"transformations", route{do: (*Dialect).createTransformation, admin: true}},
		{"transformations/{id...}", route{do: (*Dialect).createTransformation, admin: true}},
		{"upload_mappings", route{do: (*Dialect).createMapping, admin: true}},
		{"upload_presets", route{do: (*Dialect).createPreset, admin: true}},
		{"image/multi", route{do: (*Dialect).multi, until: true, browser: true}},
		{"image/sprite", route{do: (*Dialect).sprite, until: true, browser: true}},
		{"image/explode", route{do: (*Dialect).explode, browser: true}},
		{"image/text", route{do: (*Dialect).text, browser: true}},
		{"{kind}/rename", route{do: (*Dialect).rename, browser: true}},
		{"resources/search", route{do: (*Dialect).searchAssets, admin: true}},
		{"folders/search", route{do: (*Dialect).searchFolders, admin: true}},
	},
	"GET": {
		{"all/generate_archive", route{do: (*Dialect).generateArchive, until: true, browser: true}},
		{"{rt}/generate_archive", route{do: (*Dialect).generateArchive, until: true, browser: true}},
		{"image/multi", route{do: (*Dialect).multi, until: true, browser: true}},
		{"image/sprite", route{do: (*Dialect).sprite, until: true, browser: true}},
		{"download_backup", route{do: (*Dialect).downloadBackup, until: true, browser: true}},
		{"{kind}/download", route{do: (*Dialect).download, until: true, browser: true}},
		{"{kind}/download_tag.zip", route{do: (*Dialect).downloadTag, until: true, browser: true}},
		{"ping", route{do: ping, admin: true}},
		{"resources", route{do: listKinds, admin: true}},
		{"transformations", route{do: (*Dialect).transformations, admin: true}},
		{"transformations/{id...}", route{do: (*Dialect).transformation, admin: true}},
		{"upload_mappings", route{do: (*Dialect).mappings, admin: true}},
		{"upload_presets", route{do: (*Dialect).presets, admin: true}},
		{"upload_presets/{name}", route{do: (*Dialect).presetByName, admin: true}},
		{"resources/search", route{do: (*Dialect).searchAssets, admin: true}},
		{"folders/search", route{do: (*Dialect).searchFolders, admin: true}},
		{"tags/{kind}", route{do: (*Dialect).tags, admin: true}},
		{"resources/{asset}", route{do: (*Dialect).resourceByID, admin: true}},
		{"resources/{kind}", route{do: (*Dialect).resources, admin: true}},
		{"resources/{kind}/{type}", route{do: (*Dialect).resources, admin: true}},
		{"resources/{kind}/{type}/{id...}", route{do: (*Dialect).resource, admin: true}},
	},
	"PUT": {
		{"transformations", route{do: (*Dialect).updateTransformation, admin: true}},
		{"transformations/{id...}", route{do: (*Dialect).updateTransformation, admin: true}},
		{"upload_mappings", route{do: (*Dialect).updateMapping, admin: true}},
		{"upload_presets/{name}", route{do: (*Dialect).updatePreset, admin: true}},
	},
	"DELETE": {
		{"derived_resources", route{do: (*Dialect).deleteDerived, admin: true}},
		{"transformations", route{do: (*Dialect).deleteTransformation, admin: true}},
		{"transformations/{id...}", route{do: (*Dialect).deleteTransformation, admin: true}},
		{"upload_mappings", route{do: (*Dialect).deleteMapping, admin: true}},
		{"upload_presets/{name}", route{do: (*Dialect).deletePreset, admin: true}},
		{"resources/{kind}/{type}", route{do: (*Dialect).deleteResources, admin: true}},
	},
}
