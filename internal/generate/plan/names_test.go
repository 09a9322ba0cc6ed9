package plan

import (
	"go/token"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExportedNames(t *testing.T) {
	n := newNamer([]string{"ISIN"})
	for text, want := range map[string]string{
		"users:read":              "UsersRead",
		"reference:accounts:read": "ReferenceAccountsRead",
		"user_id":                 "UserID",
		"userId":                  "UserID",
		"userIDs":                 "UserIDs",
		"user_ids":                "UserIDs",
		"HTTPServer":              "HTTPServer",
		"isin":                    "ISIN",
		"UserBYOL":                "UserBYOL",
		"OhlcPrice":               "OhlcPrice",
		"type":                    "Type",
		"2fa":                     "X2fa",
		"日本":                      "X日本",
		"über":                    "Über",
		"a'b\"c\n`d":              "ABCD",
		"":                        "",
		"*":                       "",
		"../../etc/passwd":        "EtcPasswd",
	} {
		require.Equal(t, want, n.exported(text), "%q", text)
		if want != "" {
			require.True(t, token.IsExported(want) && token.IsIdentifier(want), "%q", want)
		}
	}
}

func TestUnexportedNamesAreNeverKeywordsOrPredeclared(t *testing.T) {
	for name, want := range map[string]string{
		"UsersRead": "usersRead",
		"APIKeys":   "apiKeys",
		"ID":        "id",
		"IDs":       "ids",
		"UserID":    "userID",
		"Type":      "typeScope",
		"String":    "stringScope",
		"X2fa":      "x2fa",
		"Über":      "über",
	} {
		require.Equal(t, want, unexported(name, "Scope"), "%q", name)
	}
}

func TestConstantsOfAnEnum(t *testing.T) {
	n := newNamer(nil)
	for value, want := range map[string]string{
		"FILLED":           "Filled",
		"STRAIGHT_THROUGH": "StraightThrough",
		"":                 "Empty",
		"created_at":       "CreatedAt",
		"-created_at":      "MinusCreatedAt",
		"+1":               "Plus1",
		"3months":          "3months",
		"P-521":            "P521",
		"x":                "X",
	} {
		require.Equal(t, want, n.constant(value), "%q", value)
	}
}

func TestTopicsOfScopes(t *testing.T) {
	for scope, want := range map[string][2]string{
		"users:read":              {"users", "read"},
		"reference:accounts:read": {"reference:accounts", "read"},
		"read:invoices":           {"invoices", "read"},
		"files.write":             {"files", "write"},
		"https://www.example.com/auth/drive.readonly": {"drive", "readonly"},
		"https://www.example.com/auth/drive":          {"drive", ""},
		"repo":                                        {"repo", ""},
		"openid:":                                     {"openid:", ""},
		"user-library-read":                           {"user-library", "read"},
		"user-read-email":                             {"user-email", "read"},
		"playlist-modify-public":                      {"playlist-public", "modify"},
		"manage_orders":                               {"orders", "manage"},
		"readBalances":                                {"Balances", "read"},
		"read-write-all":                              {"read-write-all", ""},
		"read_only":                                   {"read_only", ""},
		"read":                                        {"read", ""},
	} {
		about, action := topic(scope)
		require.Equal(t, want, [2]string{about, action}, "%q", scope)
	}
}

func TestPackageNamesAreSafeFolders(t *testing.T) {
	for text, want := range map[string]string{
		"account_liquidations": "accountliquidations",
		"type":                 "typeapi",
		"internal":             "internalapi",
		"vendor":               "vendorapi",
		"testdata":             "testdataapi",
		"../up":                "up",
		"3d":                   "x3d",
		"日本":                   "",
		"scope":                "scopeapi",
	} {
		require.Equal(t, want, packageName(text), "%q", text)
	}
}
