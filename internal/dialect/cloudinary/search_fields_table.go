package cloudinary

// assetFields are the fields of an asset in expressions, and what the model
// calls them.
var assetFields = vocabulary{
	names: map[string]string{
		"public_id": "name", "asset_id": "id", "display_name": "display_name", "filename": "filename",
		"folder": "folder", "asset_folder": "folder", "path": "name",
		"tags": "tags", "tag": "tags", "tags_count": "tag_count", "tag_count": "tag_count",
		"context": "context", "metadata": "metadata",
		"format": "format", "resource_type": "kind", "type": "access", "status": "status", "access_mode": "protection",
		"etag": "md5", "original_filename": "original_name",
		"created_by": "created_by", "uploaded_by": "uploaded_by",
		"created_by.access_key": "created_by", "uploaded_by.access_key": "uploaded_by",
		"moderation_kind": "moderation_kind", "moderation_status": "moderation_status",
		"grayscale": "grayscale", "transparent": "transparent", "color_space": "color_space", "colorspace": "color_space",

		"bytes": "bytes", "backup_bytes": "backup_bytes", "width": "width", "height": "height", "pixels": "pixels",
		"aspect_ratio": "aspect_ratio", "duration": "duration", "pages": "pages", "version": "version",
		"bit_rate": "bit_rate", "frame_rate": "frame_rate", "face_count": "face_count",
		"illustration_score": "illustration_score", "quality_score": "quality_score",

		"created_at": "created_at", "uploaded_at": "uploaded_at", "last_updated": "updated_at",
		"last_updated.updated_at": "updated_at", "updated_at": "updated_at", "taken_at": "taken_at",
	},
	families: map[string]string{
		"context": "context", "metadata": "metadata", "image_metadata": "image_metadata",
		"quality_analysis": "quality", "colors": "colors",
	},
	other: "metadata",
}

// folderFields are those of a folder.
var folderFields = vocabulary{
	names:  map[string]string{"name": "name", "path": "path", "folder": "path", "created_at": "created_at"},
	common: []string{"name", "path"},
}
