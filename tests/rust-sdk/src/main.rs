//! Asks STS who it is, with the default configuration of the AWS SDK for Rust. `tests/consumers` runs it.

use aws_smithy_http_client::Builder;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let settings = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .http_client(Builder::new().build_http())
            .load()
            .await;
        let answer = aws_sdk_sts::Client::new(&settings).get_caller_identity().send().await?;
        println!("{}", answer.arn().unwrap_or_default());
        Ok(())
    })
}
