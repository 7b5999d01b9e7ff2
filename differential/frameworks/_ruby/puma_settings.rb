# A request that Puma's parser refuses is answered on a new connection only; on one that was kept nothing comes back until it times out.
queue_requests false
threads 4, 4
environment "production"
