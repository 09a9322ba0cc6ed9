package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// large is a service as many are: it calls one operation, and consists of well-known
// modules for the rest.
const large = `package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"google.golang.org/grpc"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.UsersRead
	scope.UsersAdmin
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	session, err := upvest.Open(upvest.Sandbox, runtime.Credentials{})
	if err != nil {
		return err
	}
	reader := users.NewReader(runtime.Authorize[access](session))

	rest, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	cluster, err := kubernetes.NewForConfig(rest)
	if err != nil {
		return err
	}
	pods, err := cluster.CoreV1().Pods("default").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	account, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	buckets, err := s3.NewFromConfig(account).ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return err
	}
	queues, err := sqs.NewFromConfig(account).ListQueues(ctx, &sqs.ListQueuesInput{})
	if err != nil {
		return err
	}
	exporter, err := otlptracegrpc.New(ctx)
	if err != nil {
		return err
	}
	informers.NewSharedInformerFactory(cluster, 0).Start(ctx.Done())
	fmt.Println(len(pods.Items), len(buckets.Buckets), len(queues.QueueUrls), exporter, grpc.NewServer().GetServiceInfo())

	engine := gin.New()
	engine.GET("/users/:id", func(c *gin.Context) {
		user, err := reader.RetrieveUser(c.Request.Context(), c.Param("id"))
		if err != nil {
			c.String(http.StatusBadGateway, err.Error())
			return
		}
		c.JSON(http.StatusOK, user)
	})
	engine.GET("/metrics", gin.WrapH(promhttp.Handler()))
	return http.ListenAndServe(":8080", otelhttp.NewHandler(engine, "large"))
}
`

// requires are those modules. The go command adds what they require.
const requires = `
require (
	github.com/aws/aws-sdk-go-v2/config v1.33.18
	github.com/aws/aws-sdk-go-v2/service/s3 v1.114.10
	github.com/aws/aws-sdk-go-v2/service/sqs v1.53.0
	github.com/gin-gonic/gin v1.12.0
	github.com/prometheus/client_golang v1.25.0
	go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp v0.72.0
	go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc v1.47.0
	google.golang.org/grpc v1.85.0
	k8s.io/apimachinery v0.37.2
	k8s.io/client-go v0.37.2
)
`

// auditingLarge measures the audit of a program of 1,000 packages beside general call
// graphs of it. It needs the network, for the modules.
func (b *bench) auditingLarge() error {
	module, restore, err := b.consumer("large", requires, large)
	if err != nil {
		return err
	}
	defer restore()
	if _, err := b.run(module, "go", "mod", "tidy"); err != nil {
		return err
	}
	list, err := b.run(module, "go", "list", "-deps", ".")
	if err != nil {
		return err
	}
	packages := strings.Count(list.output, "\n")
	if packages < 1000 {
		return fmt.Errorf("the large program has %d packages", packages)
	}
	return b.compare(fmt.Sprintf("scopegen audit of a program of %d packages", packages), module, ".", 1)
}

// consumer makes a module with one program, and lets the go command complete its
// go.sum until restore is called.
func (b *bench) consumer(name, requires, program string) (module string, restore func(), err error) {
	module = filepath.Join(b.folder, name)
	if err := os.MkdirAll(module, 0o777); err != nil {
		return "", nil, err
	}
	gomod := fmt.Sprintf("module example.com/consumer\n\ngo 1.26\n\nrequire github.com/scopegen/scopegen v0.0.0\n\nreplace github.com/scopegen/scopegen => %q\n", b.root)
	for name, text := range map[string]string{"go.mod": gomod + requires, "main.go": program} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(text), 0o666); err != nil {
			return "", nil, err
		}
	}
	old := os.Getenv("GOFLAGS")
	if err := os.Setenv("GOFLAGS", strings.TrimSpace(old+" -mod=mod")); err != nil {
		return "", nil, err
	}
	return module, func() { os.Setenv("GOFLAGS", old) }, nil // it can be set, as it was just now
}
