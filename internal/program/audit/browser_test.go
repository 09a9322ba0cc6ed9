package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/program/audit"
)

// probe is what the test asks a browser about the page: it measures and does not
// change anything.
const probe = `<script>
const all = query => [...document.querySelectorAll(query)], box = e => e.getBoundingClientRect();
const channels = color => color.match(/[\d.]+/g).map(Number);
const luminance = color => channels(color).slice(0, 3).map(c => c / 255).map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
const background = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (channels(c)[3] !== 0) return c; } return 'rgb(255, 255, 255)'; };
const contrast = e => { const style = getComputedStyle(e), a = luminance(e.closest('svg') ? style.fill : style.color), b = luminance(background(e.closest('svg') ? e.closest('.card, li, body') : e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); };
const overlap = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
const upright = all('.picture text:not([transform])').map(e => ({e, box: box(e), svg: box(e.closest('svg'))})); // before a focus scrolls
document.documentElement.dataset.report = JSON.stringify({
	title: document.title,
	elements: all('script, img, iframe, object, embed, form, base, link').length,
	handlers: all('*').filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
	foreign: all('a').map(a => a.getAttribute('href')).filter(h => !h.startsWith('#')),
	resources: performance.getEntriesByType('resource').length,
	broken: all('a[href^="#"]').map(a => a.getAttribute('href')).filter(h => !document.getElementById(h.slice(1))),
	ids: all('[id]').length - new Set(all('[id]').map(e => e.id)).size,
	marks: all('.picture a').length,
	unnamed: all('.picture a').filter(a => !a.getAttribute('aria-label')).length,
	unreachable: all('a, [tabindex="0"]').filter(e => { e.focus(); return document.activeElement !== e; }).length,
	small: all('.picture a').filter(a => box(a).width < 24 || box(a).height < 24).length,
	wide: document.documentElement.scrollWidth - innerWidth,
	outside: upright.filter(t => t.box.left < t.svg.left || t.box.right > t.svg.right + 1 || t.box.bottom > t.svg.bottom + 1).map(t => t.e.textContent),
	overlapping: upright.flatMap((a, i) => upright.slice(i + 1).filter(b => overlap(a.box, b.box)).map(b => a.e.textContent + ' / ' + b.e.textContent)),
	faint: all('h1, h2, p, dd, dt, code, .place, .soft, .severity, .drop, svg text').filter(e => box(e).width > 0 && contrast(e) < 4.5).map(e => e.tagName + '.' + e.getAttribute('class') + ' ' + contrast(e).toFixed(2)),
	text: document.querySelector('main').textContent.includes('onerror=alert(1)'),
	background: getComputedStyle(document.body).backgroundColor,
});
</script>`

type report struct {
	Title, Background                                  string
	Elements, Handlers, Resources, IDs, Marks, Unnamed int
	Unreachable, Small, Wide                           int
	Foreign, Broken, Outside, Overlapping, Faint       []string
	Text                                               bool
}

// browser returns the name of a Chromium, which the machine may not have.
func browser(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-headless-shell", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	t.Skip("there is no Chromium to open the page in: install chromium, or chromium-headless-shell")
	return ""
}

// open opens a page in a browser and returns what the probe found.
func open(t *testing.T, page []byte, scheme, size string) report {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "page.html")
	// The page forbids scripts, the test's own among them. The rest of it stays.
	probed := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAll(page, nil)
	require.NotEqual(t, len(page), len(probed))
	require.NoError(t, os.WriteFile(file, bytes.Replace(probed, []byte("</html>"), []byte(probe+"</html>"), 1), 0o600))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, browser(t), "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+filepath.Join(folder, "profile"),
		"--blink-settings=preferredColorScheme="+map[string]string{"dark": "0", "light": "1"}[scheme], "--window-size="+size, "--dump-dom", "file://"+filepath.ToSlash(file))
	var failed strings.Builder
	command.Stderr = &failed
	dom, err := command.Output()
	require.NoError(t, err, "%s", &failed)
	found := regexp.MustCompile(`data-report="([^"]*)"`).FindSubmatch(dom)
	require.NotNil(t, found, "%s\n%s", dom, &failed)
	var r report
	require.NoError(t, json.Unmarshal([]byte(html.UnescapeString(string(found[1]))), &r))
	return r
}

// A person opens the page: it says what the result says, with the keyboard alone
// too, in both colour schemes, on a desk and on a telephone.
func TestABrowserShowsThePage(t *testing.T) {
	browser(t)
	result, err := cases()
	require.NoError(t, err)
	programs := *result
	programs.Roots = programs.Roots[:4]
	pages := map[string]*audit.Result{"hostile": hostileResult(), "programs": &programs, "many programs": result}
	backgrounds := map[string]bool{}
	for name, result := range pages {
		for _, scheme := range []string{"light", "dark"} {
			t.Run(name+" "+scheme, func(t *testing.T) {
				var page bytes.Buffer
				require.NoError(t, result.Page(&page, func(diag.Position) string { return "" }))
				r := open(t, page.Bytes(), scheme, map[string]string{"light": "1280,900", "dark": "420,800"}[scheme])
				backgrounds[scheme+r.Background] = true
				require.NotEqual(t, "owned", r.Title)
				require.Equal(t, 1, r.Elements, "the test's own script alone")
				require.Zero(t, r.Handlers)
				require.Zero(t, r.Resources)
				require.Equal(t, []string{"https://github.com/scopegen/scopegen/blob/main/cmd/scopegen/audit.md"}, r.Foreign)
				require.Empty(t, r.Broken, "links lead nowhere")
				require.Zero(t, r.IDs, "two elements have one id")
				require.Positive(t, r.Marks)
				require.Zero(t, r.Unnamed)
				require.Zero(t, r.Unreachable, "elements that the keyboard does not reach")
				require.Zero(t, r.Small)
				require.LessOrEqual(t, r.Wide, 0, "the page scrolls sideways")
				require.Empty(t, r.Outside)
				require.Empty(t, r.Overlapping)
				require.Empty(t, r.Faint)
				require.Equal(t, name == "hostile", r.Text, "hostile text is seen as it is")
			})
		}
	}
	require.Len(t, backgrounds, 2, "each colour scheme has its background")
}

// What the page says of a program is there without any browser.
func TestThePageHasEveryScopeOperationAndPath(t *testing.T) {
	result, err := cases()
	require.NoError(t, err)
	var page bytes.Buffer
	require.NoError(t, result.Page(&page, func(pos diag.Position) string { return "https://example.com/" + pos.File }))
	text := html.UnescapeString(page.String())
	for _, d := range result.Findings {
		require.Contains(t, text, d.Message)
	}
	for _, root := range result.Roots {
		require.Contains(t, text, "<h3><code>"+root.Name()+"</code></h3>")
		for _, a := range root.APIs {
			for _, s := range a.Scopes {
				require.Contains(t, text, `aria-label="`+root.Name()+" reaches "+s.Scope)
				for _, use := range s.Operations {
					require.Contains(t, text, `aria-label="`+root.Name()+" reaches "+use.Method+" "+use.Path)
					for _, step := range use.Witness[1:] {
						if step.Pos.File != "" {
							require.Contains(t, text, `<a href="https://example.com/`+step.Pos.File+`">`)
						}
					}
				}
			}
			for _, scope := range a.Unreachable {
				require.Contains(t, text, root.Name()+" asks for "+scope+", which is unreachable")
			}
		}
	}
}
