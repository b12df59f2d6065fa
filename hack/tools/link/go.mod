module compute.io.net/hack/tools/link

go 1.26.0
