// Asks STS who it is, with the default configuration of the AWS SDK for Go.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	settings, err := config.LoadDefaultConfig(context.TODO())
	if err == nil {
		// This version does not read the variable by itself.
		client := sts.NewFromConfig(settings, func(options *sts.Options) {
			options.EndpointResolver = sts.EndpointResolverFromURL(os.Getenv("AWS_ENDPOINT_URL_STS"))
		})
		var answer *sts.GetCallerIdentityOutput
		if answer, err = client.GetCallerIdentity(context.TODO(), &sts.GetCallerIdentityInput{}); err == nil {
			fmt.Println(aws.ToString(answer.Arn))
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
