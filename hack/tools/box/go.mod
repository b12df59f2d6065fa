module compute.io.net/hack/tools/box

go 1.26.0
