package emit

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSummariesBecomeSentences(t *testing.T) {
	for summary, want := range map[string]string{
		"Lists users":         "ListUsers lists users.",
		"List users":          "ListUsers lists users.",
		"":                    "ListUsers calls the operation list_users.",
		"Users of a tenant":   "ListUsers calls the operation list_users. Users of a tenant.",
		"all users":           "ListUsers calls the operation list_users. All users.",
		"FATCA declarations.": "ListUsers calls the operation list_users. FATCA declarations.",
		"FATCA: What a user…": "ListUsers calls the operation list_users. FATCA: What a user…",
		"über alles":          "ListUsers calls the operation list_users. Über alles.",
		"Ünïcode":             "ListUsers calls the operation list_users. Ünïcode.",
	} {
		require.Equal(t, want, action("ListUsers", "list_users", summary), summary)
	}
	require.Equal(t, "ModifyUser modifies a user.", action("ModifyUser", "modify_user", "Modify a user"))
	require.Equal(t, "FetchUser fetches a user.", action("FetchUser", "fetch_user", "Fetch a user"))
	require.Equal(t, "PayUser pays a user.", action("PayUser", "pay_user", "Pay a user"))
}

func TestDescriptionsBecomeSentences(t *testing.T) {
	for description, want := range map[string]string{
		"A user":                "User is a user.",
		"What a user declares.": "User is what a user declares.",
		"holds a name":          "User holds a name.",
		"":                      "User is a type.",
		"New users, and old.":   "User is a type. New users, and old.",
		"A":                     "User is a type. A.",
		"Whether it is one.":    "User says whether it is one.",
		"By how much it grew":   "User says by how much it grew.",
		"For whom it is.":       "User says for whom it is.",
		"For rent.":             "User is a type. For rent.",
	} {
		require.Equal(t, want, thing("User", description, "User is a type."), description)
	}
}

func TestADescriptionDeprecatesNothing(t *testing.T) {
	require.Equal(t, "// X does.\n//\n// deprecated: the old way.", comment("X does.", "Deprecated: the old way."))
	require.Equal(t, "// X does.\n//\n// deprecated: the old way.", comment("X does.\n\nDeprecated:\nthe old way."))
	require.Equal(t, "// X does.\n//\n// Deprecated: use Y.", comment("X does.", deprecated("use Y")))
}
